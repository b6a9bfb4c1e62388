package lab

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
)

// Certificates connects to an https URL and returns what the server shows, whoever has signed it; the first is its own.
// A nil chain with an error means that there was no TLS at all.
func (c *Client) Certificates(ctx context.Context, u *url.URL) ([]*x509.Certificate, error) {
	conn, err := c.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, ServerName: u.Hostname()}) // only to look at it
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return client.ConnectionState().PeerCertificates, nil
}

// Own is a network that this machine is in.
type Own struct {
	Interface string
	Prefix    netip.Prefix // its address there, with the network's length
}

// Networks are the networks that this machine is in, without those of interfaces that are down.
func Networks() ([]Own, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var list []Own
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				list = append(list, Own{i.Name, prefix})
			}
		}
	}
	return list, nil
}

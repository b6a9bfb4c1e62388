// Package lab is the network side of profilegen: a TFTP, HTTP, HTTPS and syslog server that phones can be pointed
// at and that may hear them ask DHCP for an address, and the client with which the virtual phone fetches. It does not
// know what a profile is: it is handed a function that produces files, hands them out and tells what happened.
//
//	root, err := os.OpenRoot("dist")
//	server := &lab.Server{
//		Files: lab.Folder(root),
//		TFTP:  []string{"127.0.0.1:6969"},
//		HTTP:  []string{"127.0.0.1:8080"},
//		Log:   func(e lab.Event) { fmt.Println(e) },
//	}
//	err = server.Run(ctx, func(b lab.Bound) { fmt.Println("phones can ask", b.HTTP) })
//
// Run opens every listener or none and returns when ctx ends, at most five seconds later.
//
// A request walks the same way over every protocol: is the address allowed, is the path sane, is a [Fault] set for
// it, what does [Files] say, then the copy and one [Event] at its end. "Not there" (an error for which
// errors.Is(err, fs.ErrNotExist) holds) and "could not be produced" are different answers (404 and 500, TFTP error 1
// and 0): a phone whose Resync_Fails_On_FNF is No counts the first as success (d.4).
//
// TFTP is served by github.com/pin/tftp, which a stray datagram can stop and which knows one error code. So it never
// sees the network's requests: guard.go reads, judges and rewrites them, answers the refusals itself, and starts a
// library server for each single transfer (transfer.go says why). relay.go stands between the library and the wire
// where even that is not enough.
//
// [Client] fetches one file by TFTP, HTTP or HTTPS as a phone does; [Syslog] sends log messages as a phone does.
package lab

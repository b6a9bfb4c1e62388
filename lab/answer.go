package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
)

// Answers that are no file, besides those of Files, Uploads and Fault. Their texts become an event's reason.
var (
	errNetwork   = fmt.Errorf("%w: the address is in none of the allowed networks", fs.ErrPermission)
	errTooMany   = errors.New("too many names that are not there asked from this address, no answer for a while")
	errNoUploads = fmt.Errorf("%w: uploads are not taken", fs.ErrPermission)
	errTooLarge  = errors.New("the upload is larger than the server takes")
	errLogin     = errors.New("no login, or a wrong one")
	errMethod    = errors.New("the method is none of GET, HEAD, POST, PUT")
	errMode      = errors.New("the transfer mode is not octet or netascii")
)

func isNotExist(err error) bool   { return errors.Is(err, fs.ErrNotExist) }
func isPermission(err error) bool { return errors.Is(err, fs.ErrPermission) }
func isExist(err error) bool      { return errors.Is(err, fs.ErrExist) }

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// outcome is how a request ends that gets no file.
func outcome(err error) Outcome {
	switch {
	case isNotExist(err):
		return NotFound
	case isPermission(err), isExist(err), isAny(err, errLogin, errFaultAuth, errMethod, errMode, errTooLarge, errTooMany):
		return Refused
	}
	return Failed
}

// tftpCode is the TFTP answer. Code 1 is for what is not there only: to a phone it is a verdict about the file (d.5).
func tftpCode(err error) int {
	switch {
	case isNotExist(err):
		return codeNotFound
	case isPermission(err), errors.Is(err, errFaultAuth):
		return codeAccess
	case isExist(err):
		return codeExists
	case errors.Is(err, errTooLarge):
		return codeFull
	case errors.Is(err, errMode):
		return codeIllegal
	}
	return codeUndefined
}

// httpStatus is the HTTP answer.
func httpStatus(err error) int {
	switch {
	case isAny(err, errLogin, errFaultAuth):
		return http.StatusUnauthorized
	case isAny(err, errNoUploads, errMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errTooMany):
		return http.StatusTooManyRequests
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case isNotExist(err):
		return http.StatusNotFound
	case isPermission(err):
		return http.StatusForbidden
	case isExist(err):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

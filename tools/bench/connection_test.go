package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestAnswersAreReadToTheirEndAndNoFurther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, body string
		status     int
		fails      bool
	}{
		"with a length":          {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnullHTTP", "null", 200, false},
		"in chunks (RFC 9112)":   {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nnu\r\n2\r\nll\r\n0\r\n\r\nHTTP", "null", 200, false},
		"an error":               {"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}HTTP", "{}", 503, false},
		"without a length":       {"HTTP/1.1 200 OK\r\n\r\nnull", "", 200, true},
		"of another protocol":    {"SSH-2.0-OpenSSH_9.2\r\n", "", 0, true},
		"that closes":            {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnull", "", 200, true},
		"cut off":                {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnu", "", 200, true},
		"with a length too long": {"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\nnull", "", 0, true},
		"with a chunk too long":  {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffff\r\nnull", "", 200, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := &connection{in: bufio.NewReader(strings.NewReader(c.text))}
			status, body, err := conn.answer()
			if (err != nil) != c.fails || err == nil && (status != c.status || string(body) != c.body) {
				t.Fatalf("read %d %q, error %v", status, body, err)
			}
			if rest, _ := conn.in.Peek(4); err == nil && string(rest) != "HTTP" {
				t.Errorf("what follows is %q", rest)
			}
		})
	}
}

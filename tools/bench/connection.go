package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// answerTimeout is longer than any answer may take.
const answerTimeout = 30 * time.Second

// connection sends requests that are written already, and reads no more of the
// answers than it has to: what the generator costs, a server does not get.
type connection struct {
	net  net.Conn
	in   *bufio.Reader
	body []byte
}

func dial(ctx context.Context, addr string) (*connection, error) {
	c, err := (&net.Dialer{Timeout: answerTimeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{net: c, in: bufio.NewReaderSize(c, 4<<10)}, nil
}

func (c *connection) close() { _ = c.net.Close() }

// exchange sends a request and returns the status and the body of its answer. The
// body is good until the next call.
func (c *connection) exchange(request []byte) (status int, body []byte, err error) {
	if _, err := c.net.Write(request); err != nil {
		return 0, nil, err
	}
	return c.answer()
}

var errClosing = errors.New("the server closes a connection that is to be kept")

// answer reads one (RFC 9112).
func (c *connection) answer() (status int, body []byte, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 13 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, nil, fmt.Errorf("an answer begins with %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("an answer begins with %q", line)
	}
	length, chunked := -1, false
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, nil, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "content-length"):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > 1<<20 {
				return 0, nil, fmt.Errorf("an answer has the length %q", value)
			}
		case is(name, "transfer-encoding"):
			chunked = is(value, "chunked")
		case is(name, "connection") && is(value, "close"):
			return status, nil, fmt.Errorf("%w after status %d", errClosing, status)
		}
	}
	c.body = c.body[:0]
	switch {
	case chunked:
		err = c.chunks()
	case length >= 0:
		err = c.take(length)
	default:
		err = errors.New("an answer does not tell its length")
	}
	return status, c.body, err
}

// is compares without case; it allocates nothing.
func is(got []byte, want string) bool {
	return len(got) == len(want) && bytes.EqualFold(got, []byte(want))
}

// take adds bytes to the body.
func (c *connection) take(n int) error {
	from := len(c.body)
	if cap(c.body) < from+n {
		c.body = append(make([]byte, 0, 2*(from+n)), c.body...)
	}
	c.body = c.body[:from+n]
	_, err := io.ReadFull(c.in, c.body[from:])
	return err
}

func (c *connection) chunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(";"))
		n, err := strconv.ParseUint(string(size), 16, 20)
		if err != nil {
			return fmt.Errorf("a chunk has the length %q", size)
		}
		if err := c.take(int(n)); err != nil {
			return err
		}
		if line, err = c.in.ReadSlice('\n'); err != nil || len(bytes.TrimRight(line, "\r\n")) > 0 {
			return fmt.Errorf("a chunk ends with %q (error: %w)", line, err)
		}
		if n == 0 {
			return nil
		}
	}
}

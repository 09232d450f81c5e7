package core

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

const (
	mediaForm   = "application/x-www-form-urlencoded"
	maxFormKeys = 1000
)

// readBody reads and parses the request's body by its media type.
func (c *Ctx) readBody(route *route) error {
	r := c.Request
	if route.ignoreBody || r.Method == http.MethodGet || r.Method == http.MethodHead || r.Body == nil || r.ContentLength == 0 {
		return nil
	}
	header := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !slices.Contains(route.mediaTypes, media) {
		return errMediaType(header, strings.Join(route.mediaTypes, ", "))
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return ErrMediaType.WithMessage("Content-Encoding is not supported")
	}
	data, err := readAtMost(r, c.Auth.maxBody)
	if err != nil {
		return err
	}
	c.hasBody = true
	if media == mediaForm {
		c.body, err = parseForm(data)
		return err
	}
	if c.body, err = wire.Decode(data, wire.Limits{}); err != nil {
		return ErrInvalidJSON.WithCause(err)
	}
	return nil
}

func readAtMost(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrBodyTooBig.WithHeader("Connection", "close")
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, ErrUnreadableBody.WithCause(err)
	}
	if int64(len(data)) > limit {
		return nil, ErrBodyTooBig.WithHeader("Connection", "close")
	}
	return data, nil
}

// parseForm reads a form as upstream: every value is text, the last of a
// repeated name counts.
func parseForm(data []byte) (*wire.Object, error) {
	form := wire.NewObject()
	for pair := range strings.SplitSeq(string(data), "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || !plainText(name) || !plainText(value) || form.Len() >= maxFormKeys {
			return nil, ErrInvalidForm
		}
		form.Set(name, value)
	}
	return form, nil
}

func plainText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

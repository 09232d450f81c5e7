package cookies

import (
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// Serialize returns the value of a Set-Cookie header for c, its attributes in
// upstream's order. A name with the prefix __Secure- forces Secure; __Host-
// also forces Path=/ and drops the domain; Partitioned and SameSite=None force
// Secure, as upstream does from 1.7 on. It fails with [ErrInvalid].
func (c Cookie) Serialize() (string, error) {
	c = c.normal()
	if err := c.check(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(c.Name)
	b.WriteByte('=')
	b.WriteString(percent.Encode(c.Value))
	if c.MaxAge != 0 {
		b.WriteString("; Max-Age=")
		b.WriteString(strconv.FormatInt(max(0, int64(c.MaxAge/time.Second)), 10))
	}
	if c.Domain != "" {
		b.WriteString("; Domain=" + c.Domain)
	}
	if c.Path != "" {
		b.WriteString("; Path=" + c.Path)
	}
	if !c.Expires.IsZero() {
		b.WriteString("; Expires=" + c.Expires.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	}
	if c.HTTPOnly {
		b.WriteString("; HttpOnly")
	}
	if c.Secure {
		b.WriteString("; Secure")
	}
	if c.SameSite != "" {
		b.WriteString("; SameSite=" + strings.ToUpper(c.SameSite[:1]) + c.SameSite[1:])
	}
	if c.Partitioned {
		b.WriteString("; Partitioned")
	}
	return b.String(), nil
}

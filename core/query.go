package core

import (
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// Query returns the request's query parameters, read as a browser's
// URLSearchParams reads them: only & separates, a broken escape stays as it is,
// invalid UTF-8 becomes U+FFFD. net/url drops such parameters instead, which
// would hide them from the checks.
func (c *Ctx) Query() url.Values {
	if c.Request == nil {
		return nil
	}
	return parseQuery(c.Request.URL.RawQuery)
}

func parseQuery(raw string) url.Values {
	if raw == "" {
		return nil
	}
	values := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name = percent.DecodeForm(name)
		values[name] = append(values[name], percent.DecodeForm(value))
	}
	return values
}

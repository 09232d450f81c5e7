package routes

import (
	"cmp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// checkTarget refuses where a link leads to that is opened: what is not trusted,
// and what no header can hold. Targets in the body of a request have been judged
// before the endpoint. An empty one passes.
func checkTarget(c *core.Ctx, target string) error {
	if err := c.CheckCallbackURL(target); err != nil {
		return err
	}
	return checkLocation(target)
}

// checkLocation refuses a target that no header can hold, also where the origin
// check is off.
func checkLocation(target string) error {
	if target == "" {
		return nil
	}
	if _, err := origin.SafeLocation(target); err != nil {
		return core.ErrInvalidCallbackURL
	}
	return nil
}

// encodedTarget is where a mailed link leads in the end, as a parameter of it:
// the application's root unless given.
func encodedTarget(callbackURL *string) string {
	return percent.Encode(cmp.Or(valueOf(callbackURL), "/"))
}

// withQuery appends parameters to a URL, as text, as upstream does.
func withQuery(target, query string) string {
	if strings.Contains(target, "?") {
		return target + "&" + query
	}
	return target + "?" + query
}

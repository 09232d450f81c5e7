package wire_test

import (
	"math"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func TestTruthIsJavaScripts(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		want  bool
	}{
		"null":                    {nil, false},
		"true":                    {true, true},
		"false":                   {false, false},
		"an empty text":           {"", false},
		"the text false":          {"false", true},
		"the text 0":              {"0", true},
		"zero":                    {0.0, false},
		"zero below zero":         {math.Copysign(0, -1), false},
		"a number":                {0.5, true},
		"not a number":            {math.NaN(), false},
		"infinity":                {math.Inf(-1), true},
		"zero of a program":       {0, false},
		"a number of a program":   {-1, true},
		"a long zero":             {int64(0), false},
		"a long number":           {int64(1), true},
		"an empty array":          {[]any{}, true},
		"an empty object":         {wire.NewObject(), true},
		"an object with a member": {wire.ObjectOf("a", ""), true},
	} {
		if got := wire.Truthy(c.value); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

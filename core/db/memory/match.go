package memory

import (
	"cmp"
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// find lists the records that satisfy all conditions, in order of insertion,
// at most limit of them unless that is 0.
func (tb *table) find(ctx context.Context, conds []value.Condition, limit int) ([]*record, error) {
	var out []*record
	visit := func(r *record) bool {
		if matches(r.row, conds) {
			out = append(out, r)
		}
		return limit == 0 || len(out) < limit
	}
	if set, ok := tb.narrow(conds); ok {
		slices.SortFunc(set, func(a, b *record) int { return cmp.Compare(a.seq, b.seq) })
		for _, r := range set {
			if !visit(r) {
				break
			}
		}
		return out, ctx.Err()
	}
	seen := 0
	for r := tb.root.next; r != &tb.root; r = r.next {
		if seen++; seen%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !visit(r) {
			break
		}
	}
	return out, nil
}

// narrow gives a superset of the matching records from the smallest index
// that applies; false if none does.
func (tb *table) narrow(conds []value.Condition) ([]*record, bool) {
	var best []*record
	found := false
	for _, c := range conds {
		set, ok := tb.candidates(c)
		if ok && (!found || len(set) < len(best)) {
			best, found = set, true
		}
	}
	return best, found
}

func (tb *table) candidates(c value.Condition) ([]*record, bool) {
	if len(c.Any) > 0 {
		union := map[*record]struct{}{}
		for _, alternative := range c.Any {
			set, ok := tb.narrow(alternative)
			if !ok {
				return nil, false
			}
			for _, r := range set {
				union[r] = struct{}{}
			}
		}
		return keys(union), true
	}
	if c.Never {
		return nil, true
	}
	ix := tb.indexes[c.Field]
	if ix == nil || c.Fold || c.Null {
		return nil, false
	}
	switch c.Op {
	case db.Eq:
		return keys(ix.by[key(c.Value)]), true
	case db.In:
		union := map[*record]struct{}{}
		for _, v := range c.List {
			for r := range ix.by[key(v)] {
				union[r] = struct{}{}
			}
		}
		return keys(union), true
	}
	return nil, false
}

func keys(set map[*record]struct{}) []*record {
	out := make([]*record, 0, len(set))
	for r := range set {
		out = append(out, r)
	}
	return out
}

func matches(row db.Row, conds []value.Condition) bool {
	for _, c := range conds {
		if len(c.Any) > 0 {
			if !slices.ContainsFunc(c.Any, func(alternative []value.Condition) bool { return matches(row, alternative) }) {
				return false
			}
			continue
		}
		if !match(row[c.Field], c) {
			return false
		}
	}
	return true
}

func match(v any, c value.Condition) bool {
	if c.Never || c.Always {
		return c.Always
	}
	if v == nil {
		switch c.Op {
		case db.Eq, db.In:
			return c.Null
		case db.Ne, db.NotIn:
			return !c.Null
		}
		return false
	}
	if s, ok := v.(string); ok && c.Fold {
		v = value.FoldASCII(s)
	}
	switch c.Op {
	case db.Eq:
		return !c.Null && compare(v, c.Value) == 0
	case db.Ne:
		return c.Null || compare(v, c.Value) != 0
	case db.Lt:
		return compare(v, c.Value) < 0
	case db.Lte:
		return compare(v, c.Value) <= 0
	case db.Gt:
		return compare(v, c.Value) > 0
	case db.Gte:
		return compare(v, c.Value) >= 0
	case db.In:
		return contains(c.List, v)
	case db.NotIn:
		return !contains(c.List, v)
	case db.Contains:
		return strings.Contains(v.(string), c.Value.(string))
	case db.StartsWith:
		return strings.HasPrefix(v.(string), c.Value.(string))
	case db.EndsWith:
		return strings.HasSuffix(v.(string), c.Value.(string))
	}
	return false
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(e any) bool { return compare(v, e) == 0 })
}

// compare orders two canonical values of one field; NULL is lowest, text goes
// byte by byte.
func compare(a, b any) int {
	if a == nil || b == nil {
		switch {
		case a == b:
			return 0
		case a == nil:
			return -1
		}
		return 1
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		return cmp.Compare(bit(a), bit(b.(bool)))
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	}
	return exact(a).Cmp(exact(b))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func exact(v any) *big.Float {
	if n, ok := v.(int64); ok {
		return new(big.Float).SetInt64(n)
	}
	return big.NewFloat(v.(float64))
}

var errOverflow = errors.New("the number would leave the range of 64 bits")

// assign is the value of a field after a change. NULL stays NULL under an Increment.
func assign(old, set any) (any, error) {
	inc, ok := set.(db.Increment)
	if !ok {
		return value.Copy(set), nil
	}
	switch n := old.(type) {
	case int64:
		sum := n + int64(inc)
		if (sum > n) != (inc > 0) && inc != 0 {
			return nil, errOverflow
		}
		return sum, nil
	case float64:
		sum, ok := value.Float(n + float64(inc))
		if !ok {
			return nil, errOverflow
		}
		return sum, nil
	}
	return nil, nil //nolint:nilnil // NULL
}

package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// object is a JSON object whose members keep their order. Of a repeated name
// the first place and the last value count, as in JavaScript.
type object []wire.Member

var errNotObject = errors.New("secret: not a JSON object")

func parseObject(text string) (object, error) {
	list, ok := wire.Members(make([]wire.Member, 0, 8), text)
	if !ok {
		return nil, errNotObject
	}
	o := object(list[:0]) // it is never longer than what was read
	for _, m := range list {
		o.put(m)
	}
	return o, nil
}

func (o *object) put(m wire.Member) {
	for i := range *o {
		if (*o)[i].Name == m.Name {
			(*o)[i].Value = m.Value
			return
		}
	}
	*o = append(*o, m)
}

// set gives a member whose name needs no escaping a value.
func (o *object) set(name, value string) {
	o.put(wire.Member{Name: name, Text: `"` + name + `"`, Value: value})
}

// get returns the JSON of a member, or "" when there is none.
func (o object) get(name string) string {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return ""
}

func (o object) bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(m.Text)
		b.WriteByte(':')
		b.WriteString(m.Value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// stamp sets iat and exp, in whole seconds, where jose puts them: in place
// when the claims have them already, else at the end.
func stamp(claims json.RawMessage, ttl time.Duration, now time.Time) (object, error) {
	o, err := parseObject(string(claims))
	if err != nil {
		return nil, fmt.Errorf("secret: claims: %w", err)
	}
	o.set("iat", strconv.FormatInt(now.Unix(), 10))
	o.set("exp", strconv.FormatInt(now.Unix()+int64(ttl/time.Second), 10))
	return o, nil
}

// checkTimes applies RFC 7519, sections 4.1.4 to 4.1.6, as jose does: whole
// seconds of now, exp exclusive, a claim that is there must be a number.
func checkTimes(o object, tolerance time.Duration, now time.Time) error {
	second := float64(now.Unix())
	slack := tolerance.Seconds()
	if _, _, err := o.number("iat"); err != nil {
		return err
	}
	nbf, ok, err := o.number("nbf")
	if err != nil {
		return err
	}
	if ok && nbf > second+slack {
		return ErrToken
	}
	exp, ok, err := o.number("exp")
	if err != nil {
		return err
	}
	if ok && exp <= second-slack {
		return ErrExpired
	}
	return nil
}

func (o object) number(name string) (n float64, ok bool, err error) {
	raw := o.get(name)
	if raw == "" {
		return 0, false, nil
	}
	n, err = strconv.ParseFloat(raw, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false, ErrToken
	}
	return n, true, nil
}

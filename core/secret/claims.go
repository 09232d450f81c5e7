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

// member is one name and value of a JSON object, both as they are written.
type member struct {
	name  string // decoded
	text  string // the name as written, with its quotes
	value json.RawMessage
}

// object is a JSON object whose members keep their order. Of a repeated name
// the first place and the last value count, as in JavaScript.
type object []member

var errNotObject = errors.New("secret: not a JSON object")

func parseObject(data []byte) (object, error) {
	list, ok := wire.Members(data)
	if !ok {
		return nil, errNotObject
	}
	o := make(object, 0, len(list))
	for _, m := range list {
		o.put(member{m.Name, string(m.Text), m.Value})
	}
	return o, nil
}

func (o *object) put(m member) {
	for i := range *o {
		if (*o)[i].name == m.name {
			(*o)[i].value = m.value
			return
		}
	}
	*o = append(*o, m)
}

// set gives a member whose name needs no escaping a value.
func (o *object) set(name, value string) {
	o.put(member{name, `"` + name + `"`, json.RawMessage(value)})
}

func (o object) get(name string) json.RawMessage {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (o object) bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(m.text)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// stamp sets iat and exp, in whole seconds, where jose puts them: in place
// when the claims have them already, else at the end.
func stamp(claims json.RawMessage, ttl time.Duration, now time.Time) (object, error) {
	o, err := parseObject(claims)
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
	if raw == nil {
		return 0, false, nil
	}
	n, err = strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false, ErrToken
	}
	return n, true, nil
}

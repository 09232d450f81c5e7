package wire_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// recording is what testdata/record.mjs saw JavaScript do.
type recording struct {
	Numbers [][2]string `json:"numbers"` // bits of the double in hexadecimal, text
	Strings []struct {
		Units   []uint16 `json:"units"`
		Written []uint16 `json:"written"`
	} `json:"strings"`
	Dates     [][2]any `json:"dates"` // milliseconds, text
	Documents []struct {
		Text    string `json:"text"`
		Written string `json:"written"`
		Refused bool   `json:"refused"`
	} `json:"documents"`
}

func loadRecording(t *testing.T) recording {
	t.Helper()
	data, err := os.ReadFile("testdata/javascript.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Numbers) == 0 || len(r.Strings) == 0 || len(r.Dates) == 0 || len(r.Documents) == 0 {
		t.Fatal("the recording is incomplete")
	}
	return r
}

func written(t *testing.T, v any) string {
	t.Helper()
	b, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNumbersArePrintedAsJavaScriptPrintsThem(t *testing.T) {
	for _, n := range loadRecording(t).Numbers {
		bits, err := strconv.ParseUint(n[0], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := written(t, math.Float64frombits(bits)); got != n[1] {
			t.Errorf("the double %s is written as %s, JavaScript writes %s", n[0], got, n[1])
		}
	}
}

func TestStringsAreQuotedAsJavaScriptQuotesThem(t *testing.T) {
	for _, s := range loadRecording(t).Strings {
		text, want := string(utf16.Decode(s.Units)), string(utf16.Decode(s.Written))
		if got := written(t, text); got != want {
			t.Errorf("%q is written as %s, JavaScript writes %s", text, got, want)
		}
	}
}

func TestDatesAreWrittenAsJavaScriptWritesThem(t *testing.T) {
	zone := time.FixedZone("somewhere", -7*3600)
	for _, d := range loadRecording(t).Dates {
		// A part of a millisecond more must change nothing: digits are cut off.
		at := time.UnixMilli(int64(d[0].(float64))).Add(999_999 * time.Nanosecond)
		if d[0].(float64) == 8.64e15 {
			at = at.Truncate(time.Millisecond)
		}
		if got := written(t, at.In(zone)); got != d[1] {
			t.Errorf("%v ms is written as %s, JavaScript writes %s", d[0], got, d[1])
		}
	}
}

func TestDatesThatJavaScriptCannotHoldAreNull(t *testing.T) {
	for _, at := range []time.Time{
		time.UnixMilli(8.64e15 + 1),
		time.UnixMilli(-8.64e15 - 1),
		time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(1<<62, 0),
	} {
		if got := written(t, at); got != "null" {
			t.Errorf("year %d is written as %s", at.Year(), got)
		}
	}
}

func TestDocumentsAreReadAsJavaScriptReadsThem(t *testing.T) {
	for _, d := range loadRecording(t).Documents {
		v, err := wire.Decode([]byte(d.Text), wire.Limits{})
		switch {
		case d.Refused && err == nil:
			t.Errorf("%q is read, JavaScript refuses it", d.Text)
		case d.Refused:
		case err != nil:
			t.Errorf("%q is refused (%v), JavaScript reads it", d.Text, err)
		default:
			if got := written(t, v); got != d.Written {
				t.Errorf("%q is read as %s, JavaScript reads %s", d.Text, got, d.Written)
			}
		}
	}
}

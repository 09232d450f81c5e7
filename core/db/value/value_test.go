package value_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

func sample(t *testing.T) *db.Table {
	t.Helper()
	table := &db.Table{Model: "sample", IDs: db.IDSerial, Fields: []*db.Field{
		{Name: "text", Type: db.String},
		{Name: "n", Type: db.Number, Nullable: true},
		{Name: "at", Type: db.Date, Nullable: true},
		{Name: "data", Type: db.JSON, Nullable: true},
		{Name: "parentId", Type: db.String, Nullable: true, References: &db.Reference{Model: "sample", Field: db.ID}},
	}}
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	return table
}

func TestCanonicalValues(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, field string
		in, want    any
	}{
		{"a whole float beyond 2^53 is an integer", "n", float64(1 << 60), int64(1 << 60)},
		{"2^63 does not fit an integer", "n", math.Pow(2, 63), math.Pow(2, 63)},
		{"-2^63 does", "n", -math.Pow(2, 63), int64(math.MinInt64)},
		{"negative zero is zero", "n", math.Copysign(0, -1), int64(0)},
		{"a serial id is an integer inside", db.ID, "42", int64(42)},
		{"and so is a reference to one", "parentId", "42", int64(42)},
		{"nil stays", "n", nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := value.Of(sample(t), c.field, c.in)
			if err != nil || got != c.want {
				t.Errorf("%T %v, %v; want %T %v", got, got, err, c.want, c.want)
			}
		})
	}
}

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	cycle := map[string]any{}
	cycle["again"] = cycle
	deep := any("x")
	for range 200 {
		deep = []any{deep}
	}
	for name, c := range map[string]struct {
		field string
		in    any
	}{
		"infinity":                {"n", math.Inf(1)},
		"a year beyond 9999":      {"at", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a year before 0":         {"at", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
		"JSON in a circle":        {"data", cycle},
		"JSON nested too deeply":  {"data", deep},
		"a function as JSON":      {"data", func() {}},
		"an id that is no number": {db.ID, "abc"},
		"an id that is an int":    {db.ID, 42},
		"an id of another form":   {db.ID, "042"},
		"an unknown field":        {"nope", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v, err := value.Of(sample(t), c.field, c.in); err == nil {
				t.Errorf("accepted as %T", v)
			}
		})
	}
}

func TestTextInsideOtherGoTypesIsCheckedToo(t *testing.T) {
	t.Parallel()
	type named struct{ Name string }
	for name, v := range map[string]any{"a struct": named{"a\x00b"}, "a slice of structs": []named{{"\x00"}}, "a map of text": map[string]string{"k": "\x00"}} {
		if _, err := value.JSON(v); !errors.Is(err, db.ErrNUL) {
			t.Errorf("%s: %v, want db.ErrNUL", name, err)
		}
	}
}

func TestGroupsOfConditionsAreBounded(t *testing.T) {
	t.Parallel()
	where := db.Where{db.By("text", "x")}
	for range 15 {
		where = db.Where{{Any: []db.Where{where}}}
	}
	if _, err := value.Conditions(sample(t), where); err != nil {
		t.Errorf("15 levels: %v", err)
	}
	for range 15 {
		where = db.Where{{Any: []db.Where{where}}}
	}
	if _, err := value.Conditions(sample(t), where); err == nil {
		t.Error("30 levels were accepted")
	}
}

func TestFoldASCIIFoldsNothingElse(t *testing.T) {
	t.Parallel()
	if got, want := value.FoldASCII("AZ[\\]az Äİ\u212a😀"), "az[\\]az Äİ\u212a😀"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestArraysOfJSONText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{`["a",""]`: []string{"a", ""}, `[]`: []string{}, `null`: nil} {
		got, err := value.ParseArray(db.StringArray, []byte(text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for _, text := range []string{`{"a":1}`, `["a",1]`, `["a"`, ``, `"a"`, `[null]`} {
		if v, err := value.ParseArray(db.StringArray, []byte(text)); err == nil {
			t.Errorf("%s is read as %v", text, v)
		} else if strings.Contains(err.Error(), "a\",") {
			t.Errorf("the error quotes the text: %v", err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]any{
		"7": int64(7), "-9223372036854775808": int64(math.MinInt64), "7.00": int64(7), "1e3": int64(1000), "0.5": 0.5,
		"9223372036854775808": 9223372036854775808.0,
		"":                    nil, "seven": nil, "7 ": nil, "NaN": nil, "Infinity": nil, "1e999": nil,
	} {
		if got, ok := value.ParseNumber(text); got != want || ok != (want != nil) {
			t.Errorf("%q is %T %v, %v; want %v", text, got, got, ok, want)
		}
	}
}

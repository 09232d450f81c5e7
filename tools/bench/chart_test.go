package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

// drawn reads a chart: its texts and the widths of its bars by class.
func drawn(t *testing.T, svg []byte) (texts string, widths map[string][]float64) {
	t.Helper()
	widths = map[string][]float64{}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, widths
		}
		if err != nil {
			t.Fatalf("the chart is not well-formed: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.CharData:
			texts += string(token)
		case xml.StartElement:
			at := map[string]string{}
			for _, a := range token.Attr {
				at[a.Name.Local] = a.Value
			}
			if token.Name.Local == "rect" && at["rx"] != "" {
				width, err := strconv.ParseFloat(at["width"], 64)
				if err != nil {
					t.Errorf("a bar has the width %q", at["width"])
				}
				widths[at["class"]] = append(widths[at["class"]], width)
			}
		}
	}
}

func TestTheChartIsWellFormedAndToScale(t *testing.T) {
	t.Parallel()
	r := results{Machine: machine{Processor: `a <fast> & "good" one`}}
	r.Load = append(rounds("redis", gatehouse, 100, 32, 500), rounds("redis", theLimit, 100, 32, 1000)...)
	r.Load = append(r.Load, rounds("bearer", gatehouse, 100, 1, 1)...)
	r.Load = append(r.Load, rounds("bearer", gatehouse, 100, 32, 12345)...)
	r.Load = append(r.Load, rounds("get-session", gatehouse, 7, 32, 3)...)
	texts, widths := drawn(t, chart(&r))
	full := float64(chartWidth - labelWidth - valueWidth)
	if got := widths[gatehouse]; len(got) != 2 || got[0] != full || got[1] != full/2 {
		t.Errorf("the bars of Gatehouse are %v wide, want %v for bearer and half of it for Redis", got, full)
	}
	if got := widths[theLimit]; len(got) != 1 || got[0] != full {
		t.Errorf("the bars of the limit are %v wide", got)
	}
	for _, want := range []string{`a <fast> & "good" one`, "12\u202f345", "32 connections", "prefers-color-scheme: dark"} {
		if !strings.Contains(texts, want) {
			t.Errorf("the chart does not say %q", want)
		}
	}
	if strings.Contains(texts, "get-session") {
		t.Error("the chart has another number of sessions in it")
	}
}

func TestAChartOfNothingIsWellFormed(t *testing.T) {
	t.Parallel()
	drawn(t, chart(&results{}))
}

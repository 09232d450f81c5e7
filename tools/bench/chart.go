package main

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
)

// The chart's measures, in pixels.
const (
	chartWidth  = 760
	labelWidth  = 130
	valueWidth  = 130
	barHeight   = 16
	groupGap    = 18
	chartTop    = 74
	chartBottom = 16
)

// style gives both colour schemes enough contrast.
const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .small { font-size: 11px; fill: #57606a }
  .gatehouse { fill: #0969da } .better-auth { fill: #bf8700 } .limit { fill: #8c959f }
  .paper { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .gatehouse { fill: #58a6ff } .better-auth { fill: #d29922 } .limit { fill: #6e7681 }
    .paper { fill: #0d1117 }
  }
`

// chart draws the requests a second of each workload at the usual number of
// sessions and the middle number of connections. Each workload has a scale of its
// own, in which the fastest contender's bar has the full length.
func chart(r *results) []byte {
	bars := chartBars(r.Load)
	height := chartTop + chartBottom
	for _, g := range bars {
		height += barHeight*len(g.contenders) + groupGap
	}
	var out bytes.Buffer
	add := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Requests a second of each workload, by contender">`, chartWidth, height, chartWidth, height)
	add("<style>%s</style>", style)
	add(`<rect class="paper" width="%d" height="%d"/>`, chartWidth, height)
	add(`<text class="title" x="16" y="26">Requests a second</text>`)
	add(`<text class="small" x="16" y="44">%s</text>`, escape("each workload on a scale of its own; "+r.Machine.Processor+"; "+r.Plan))
	for i, c := range allContenders() {
		add(`<rect class="%s" x="%d" y="53" width="10" height="10"/><text class="small" x="%d" y="62">%s</text>`, c.name, 16+110*i, 30+110*i, escape(c.name))
	}
	y := chartTop
	for _, g := range bars {
		add(`<text x="16" y="%d">%s</text><text class="small" x="16" y="%d">%d connections</text>`, y+12, escape(g.workload), y+26, g.connections)
		fastest := slices.MaxFunc(g.contenders, func(a, b summary) int { return cmp.Compare(a.PerSecond, b.PerSecond) }).PerSecond
		for _, c := range g.contenders {
			width := ratio(c.PerSecond, fastest) * (chartWidth - labelWidth - valueWidth)
			add(`<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`, c.contender, labelWidth, y, width, barHeight-3)
			add(`<text class="small" x="%.1f" y="%d">%s</text>`, labelWidth+width+6, y+11, perSecond(c.PerSecond))
			y += barHeight
		}
		y += groupGap
	}
	add("</svg>")
	return out.Bytes()
}

// bars are those of one workload.
type bars struct {
	group
	contenders []summary
}

// chartBars chooses, of each workload, the number of sessions that most workloads
// have, and the middle one of its numbers of connections.
func chartBars(all []measured) []bars {
	groups, found := summarize(all)
	usual := map[int]int{}
	var most int
	for _, g := range groups {
		if usual[g.sessions]++; usual[g.sessions] > usual[most] {
			most = g.sessions
		}
	}
	var out []bars
	for _, w := range allWorkloads() {
		var mine []group
		for _, g := range groups {
			if g.workload == w.name && g.sessions == most {
				mine = append(mine, g)
			}
		}
		if len(mine) > 0 {
			g := mine[len(mine)/2]
			out = append(out, bars{g, found[g]})
		}
	}
	return out
}

// perSecond writes a rate with thousands apart.
func perSecond(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

func escape(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // into memory
	return out.String()
}

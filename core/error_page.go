package core

import "reflect"

// ErrorPage changes the look of the built-in error page. Every value is CSS;
// an empty one keeps the default.
type ErrorPage struct {
	Colors ErrorPageColors `opt:"colors"`
	Size   ErrorPageSizes  `opt:"size"`
	Font   ErrorPageFonts  `opt:"font"`

	DisableTitleBorder       bool `opt:"disableTitleBorder"`
	DisableCornerDecorations bool `opt:"disableCornerDecorations"`
	DisableBackgroundGrid    bool `opt:"disableBackgroundGrid"`
}

// ErrorPageColors are CSS colours.
type ErrorPageColors struct {
	Background        string `opt:"background"`
	Foreground        string `opt:"foreground"`
	Primary           string `opt:"primary"`
	PrimaryForeground string `opt:"primaryForeground"`
	MutedForeground   string `opt:"mutedForeground"`
	Border            string `opt:"border"`
	Destructive       string `opt:"destructive"`
	TitleBorder       string `opt:"titleBorder"`
	TitleColor        string `opt:"titleColor"`
	GridColor         string `opt:"gridColor"`
	CardBackground    string `opt:"cardBackground"`
	CornerBorder      string `opt:"cornerBorder"`
}

// ErrorPageSizes are CSS lengths.
type ErrorPageSizes struct {
	RadiusSm string `opt:"radiusSm"`
	RadiusMd string `opt:"radiusMd"`
	RadiusLg string `opt:"radiusLg"`
	TextSm   string `opt:"textSm"`
	Text2xl  string `opt:"text2xl"`
	Text4xl  string `opt:"text4xl"`
	Text6xl  string `opt:"text6xl"`
}

// ErrorPageFonts are CSS font families.
type ErrorPageFonts struct {
	DefaultFamily string `opt:"defaultFamily"`
	MonoFamily    string `opt:"monoFamily"`
}

// Values yields every style value by the name of its option.
func (p *ErrorPage) Values() map[string]string {
	values := map[string]string{}
	for _, group := range []struct {
		name  string
		value any
	}{{"colors", p.Colors}, {"size", p.Size}, {"font", p.Font}} {
		rv := reflect.ValueOf(group.value)
		for i := range rv.NumField() {
			values[group.name+"."+rv.Type().Field(i).Tag.Get("opt")] = rv.Field(i).String()
		}
	}
	return values
}

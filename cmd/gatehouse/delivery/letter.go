package delivery

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

//go:embed letters
var letterFiles embed.FS

// letter is what a message looks like as mail.
type letter struct {
	subject string
	needs   []string // members of Data that the templates use
}

// letters are all messages that go out by mail, by their type. A new type is
// one entry here and its two templates, letters/<type>.txt and letters/<type>.html.
func letters() map[string]letter {
	return map[string]letter{
		"verification-email":        {subject: "Confirm your e-mail address", needs: []string{"url"}},
		"reset-password":            {subject: "Reset your password", needs: []string{"url"}},
		"change-email-confirmation": {subject: "Confirm the change of your e-mail address", needs: []string{"url", "newEmail"}},
		"delete-account":            {subject: "Confirm that your account is to be deleted", needs: []string{"url"}},
		"organization-invitation":   {subject: "An invitation", needs: []string{"id", "organization.name", "inviter.user.name"}},
		"two-factor-otp":            {subject: "Your code", needs: []string{"otp"}},
	}
}

// ErrNoLetter says that a message has no form as mail.
var ErrNoLetter = errors.New("there is no letter for messages of this type")

// Letters makes mail from messages. It is safe for concurrent use.
type Letters struct {
	appName string
	byType  map[string]parsedLetter
}

type parsedLetter struct {
	letter
	text *texttemplate.Template
	html *htmltemplate.Template
}

// Mail is a letter, ready to be sent.
type Mail struct{ Subject, Text, HTML string }

// page is what the templates see.
type page struct {
	AppName string
	To      string
	Subject string
	Data    map[string]string
}

// NewLetters parses the templates. appName is how the application signs.
func NewLetters(appName string) (*Letters, error) {
	if appName == "" {
		appName = "Better Auth"
	}
	l := &Letters{appName: appName, byType: map[string]parsedLetter{}}
	for kind, spec := range letters() {
		text, err := texttemplate.New(kind+".txt").Option("missingkey=error").ParseFS(letterFiles, "letters/"+kind+".txt")
		if err != nil {
			return nil, fmt.Errorf("letter %s: %w", kind, err)
		}
		html, err := htmltemplate.New("layout.html").Option("missingkey=error").ParseFS(letterFiles, "letters/layout.html", "letters/"+kind+".html")
		if err != nil {
			return nil, fmt.Errorf("letter %s: %w", kind, err)
		}
		l.byType[kind] = parsedLetter{letter: spec, text: text, html: html}
	}
	return l, nil
}

// Write makes the mail of a message. Errors name the message's type and a
// missing member, never a value.
func (l *Letters) Write(m config.Message) (Mail, error) {
	spec, ok := l.byType[m.Type]
	if !ok {
		return Mail{}, fmt.Errorf("%q: %w", m.Type, ErrNoLetter)
	}
	p := page{AppName: l.appName, To: m.To, Subject: spec.subject, Data: map[string]string{}}
	for _, name := range spec.needs {
		s := at(m.Data, name)
		if s == "" {
			return Mail{}, fmt.Errorf("%s: the message has no %q", m.Type, name)
		}
		p.Data[name] = s
	}
	var text, html bytes.Buffer
	if err := spec.text.Execute(&text, p); err != nil {
		return Mail{}, fmt.Errorf("%s: the text template failed", m.Type)
	}
	if err := spec.html.Execute(&html, p); err != nil {
		return Mail{}, fmt.Errorf("%s: the HTML template failed", m.Type)
	}
	return Mail{Subject: oneLine(spec.subject + " · " + l.appName), Text: text.String(), HTML: html.String()}, nil
}

// at is the text that stands at a path of members, such as "organization.name", or "".
func at(data *wire.Object, path string) string {
	name, below, more := strings.Cut(path, ".")
	v, _ := data.Get(name)
	if more {
		inner, _ := v.(*wire.Object)
		return at(inner, below)
	}
	text, _ := v.(string)
	return text
}

// oneLine keeps line breaks out of a header.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

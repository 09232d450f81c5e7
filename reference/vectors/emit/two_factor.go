package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// factorVector is what the two-factor plugin keeps of a user, and of a browser that
// the user trusts.
type factorVector struct {
	Keys        keys            `json:"keys"`
	Password    string          `json:"password"`
	User        json.RawMessage `json:"user"`
	Account     json.RawMessage `json:"account"`
	Row         json.RawMessage `json:"row"`
	Device      deviceVector    `json:"device"`
	TOTPURI     string          `json:"totpURI"`
	BackupCodes []string        `json:"backupCodes"`
}

type deviceVector struct {
	Cookie string          `json:"cookie"`
	Row    json.RawMessage `json:"row"`
}

func secondFactors(ctx context.Context) ([]factorVector, error) {
	plain, _, rotated, _, _ := secrets()
	var out []factorVector
	for _, k := range []keys{plain, rotated} {
		v, err := secondFactor(ctx, k)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// secondFactor lets a user set up an app, and trust a browser.
func secondFactor(ctx context.Context, k keys) (v factorVector, err error) {
	v = factorVector{Keys: k, Password: "correct horse battery staple"}
	o := core.Options{
		BaseURL: "http://localhost:3000", Secret: k.Secret, Database: memory.New(),
		EmailAndPassword: core.EmailAndPassword{Enabled: true}, Logger: core.Logger{Disabled: true},
		Plugins: []core.Plugin{routes.New(), twofactor.New(twofactor.Options{SkipVerificationOnEnable: true})},
	}
	if k.Versions != nil {
		o.Secret = k.Legacy
	}
	for _, version := range k.Versions {
		o.Secrets = append(o.Secrets, secret.Version{Version: version.Version, Value: version.Value})
	}
	auth, err := core.New(o)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, auth.Close(ctx)) }()
	b := browser{auth, map[string]string{}}
	if err := b.post(ctx, "/sign-up/email", map[string]any{"name": "Ada", "email": "ada@example.com", "password": v.Password}, nil); err != nil {
		return v, err
	}
	if err := b.post(ctx, "/two-factor/enable", map[string]any{"password": v.Password}, &v); err != nil {
		return v, err
	}
	// Ahead of the sign-in, which spends a code.
	spent := v.BackupCodes[9]
	v.BackupCodes = v.BackupCodes[:9]
	b = browser{auth, map[string]string{}}
	if err := b.post(ctx, "/sign-in/email", map[string]any{"email": "ada@example.com", "password": v.Password}, nil); err != nil {
		return v, err
	}
	if err := b.post(ctx, "/two-factor/verify-backup-code", map[string]any{"code": spent, "trustDevice": true}, nil); err != nil {
		return v, err
	}
	if v.Device.Cookie, err = url.PathUnescape(b.cookies["better-auth.trust_device"]); err != nil {
		return v, err
	}
	for model, row := range map[string]*json.RawMessage{
		"user": &v.User, "account": &v.Account, "twoFactor": &v.Row, "verification": &v.Device.Row,
	} {
		stored, err := auth.Store().First(ctx, db.Query{Table: auth.Table(model)})
		if err != nil {
			return v, err
		}
		if *row, err = wire.Marshal(stored); err != nil {
			return v, err
		}
	}
	return v, nil
}

// browser keeps the cookies of a server.
type browser struct {
	server  http.Handler
	cookies map[string]string
}

func (b browser) post(ctx context.Context, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://localhost:3000/api/auth"+path, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://localhost:3000")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.server.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK {
		return fmt.Errorf("%s: %d %s", path, rec.Code, rec.Body)
	}
	for _, c := range rec.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(rec.Body.Bytes(), answer)
}

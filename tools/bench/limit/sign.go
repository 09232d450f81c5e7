package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/scrypt"
)

// lifetime of sessions.
const lifetime = 7 * 24 * time.Hour

// credentials are the body of a sign-in or a sign-up.
type credentials struct{ Name, Email, Password string }

// signed is the answer to either.
type signed struct {
	Redirect bool   `json:"redirect"`
	Token    string `json:"token"`
	User     person `json:"user"`
}

// hash derives the key of a password, at upstream's cost. More at once than there
// are processors would only push each other out of their caches.
func (l *limit) hash(password, salt string) ([]byte, error) {
	l.slots <- struct{}{}
	defer func() { <-l.slots }()
	return scrypt.Key([]byte(password), []byte(salt), 16384, 16, 1, 64)
}

// text makes 26 random letters and digits, as long as it takes to be unique.
func text() string { return rand.Text() }

func (l *limit) signIn(w http.ResponseWriter, r *http.Request) {
	var c credentials
	err := json.NewDecoder(r.Body).Decode(&c)
	var s signed
	if err == nil {
		s, err = l.check(r.Context(), c)
	}
	l.signed(w, s, err)
}

// check compares a password and begins a session.
func (l *limit) check(ctx context.Context, c credentials) (s signed, err error) {
	var stored string
	u := &s.User
	err = l.pool.QueryRow(ctx, `select u.name, u.email, u."emailVerified", u.image, u."createdAt", u."updatedAt", u.id, a.password
		from "user" u join account a on a."userId" = u.id and a."providerId" = 'credential' where u.email = $1`, strings.ToLower(c.Email)).
		Scan(&u.Name, &u.Email, &u.EmailVerified, &u.Image, (*time.Time)(&u.CreatedAt), (*time.Time)(&u.UpdatedAt), &u.ID, &stored)
	if err != nil {
		return signed{}, err
	}
	salt, want, _ := strings.Cut(stored, ":")
	key, err := l.hash(c.Password, salt)
	if err != nil {
		return signed{}, err
	}
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(want)) != 1 {
		return signed{}, errors.New("wrong password")
	}
	s.Token = text()
	_, err = l.pool.Exec(ctx, insertSession, text(), s.Token, u.ID, time.Now(), time.Now().Add(lifetime))
	return s, err
}

const insertSession = `insert into session (id, token, "userId", "createdAt", "updatedAt", "expiresAt", "ipAddress", "userAgent") values ($1, $2, $3, $4, $4, $5, '', '')`

func (l *limit) signUp(w http.ResponseWriter, r *http.Request) {
	var c credentials
	err := json.NewDecoder(r.Body).Decode(&c)
	var s signed
	if err == nil {
		s, err = l.add(r.Context(), c)
	}
	l.signed(w, s, err)
}

// add makes a user, who is unique by the table's index, and begins a session.
func (l *limit) add(ctx context.Context, c credentials) (signed, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key, err := l.hash(c.Password, hex.EncodeToString(salt))
	if err != nil {
		return signed{}, err
	}
	now := time.Now()
	s := signed{Token: text(), User: person{Name: c.Name, Email: strings.ToLower(c.Email), CreatedAt: date(now), UpdatedAt: date(now), ID: text()}}
	id, stored := s.User.ID, hex.EncodeToString(salt)+":"+hex.EncodeToString(key)
	var batch pgx.Batch
	batch.Queue(`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ($1, $2, $3, false, $4, $4)`, id, s.User.Name, s.User.Email, now)
	batch.Queue(`insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt") values ($1, $2, 'credential', $2, $3, $4, $4)`, text(), id, stored, now)
	batch.Queue(insertSession, text(), s.Token, id, now, now.Add(lifetime))
	return s, l.pool.SendBatch(ctx, &batch).Close() // one transaction
}

// signed answers with the session's cookie.
func (l *limit) signed(w http.ResponseWriter, s signed, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body, err := json.Marshal(s)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // on plain HTTP, as the others here
		Name: cookieName, Value: url.QueryEscape(s.Token + "." + string(l.sign(s.Token))),
		Path: "/", MaxAge: int(lifetime.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	answer(w, body)
}

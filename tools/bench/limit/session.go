package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const cookieName = "better-auth.session_token"

// date is written as JavaScript does.
type date time.Time

// MarshalJSON writes it in UTC with milliseconds.
func (d date) MarshalJSON() ([]byte, error) {
	return time.Time(d).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// found is the answer to get-session.
type found struct {
	Session struct {
		ExpiresAt date    `json:"expiresAt"`
		Token     string  `json:"token"`
		CreatedAt date    `json:"createdAt"`
		UpdatedAt date    `json:"updatedAt"`
		IPAddress *string `json:"ipAddress"`
		UserAgent *string `json:"userAgent"`
		UserID    string  `json:"userId"`
		ID        string  `json:"id"`
	} `json:"session"`
	User person `json:"user"`
}

type person struct {
	Name          string  `json:"name"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"emailVerified"`
	Image         *string `json:"image"`
	CreatedAt     date    `json:"createdAt"`
	UpdatedAt     date    `json:"updatedAt"`
	ID            string  `json:"id"`
}

const findQuery = `select s."expiresAt", s.token, s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", s."userId", s.id,
	u.name, u.email, u."emailVerified", u.image, u."createdAt", u."updatedAt", u.id
	from session s join "user" u on u.id = s."userId" where s.token = $1 and s."expiresAt" > now()`

// find reads a session with its user, and encodes it.
func (l *limit) find(ctx context.Context, token string) ([]byte, error) {
	var f found
	s, u := &f.Session, &f.User
	err := l.pool.QueryRow(ctx, findQuery, token).Scan((*time.Time)(&s.ExpiresAt), &s.Token, (*time.Time)(&s.CreatedAt), (*time.Time)(&s.UpdatedAt), &s.IPAddress, &s.UserAgent, &s.UserID, &s.ID,
		&u.Name, &u.Email, &u.EmailVerified, &u.Image, (*time.Time)(&u.CreatedAt), (*time.Time)(&u.UpdatedAt), &u.ID)
	if err != nil {
		return nil, err
	}
	return json.Marshal(f)
}

func (l *limit) getSession(w http.ResponseWriter, r *http.Request) {
	token, ok := l.token(r)
	if !ok {
		answer(w, []byte("null"))
		return
	}
	body, err := l.find(r.Context(), token)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, body)
}

// token is the signed one of a cookie or a bearer.
func (l *limit) token(r *http.Request) (string, bool) {
	signed, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		cookie, err := r.Cookie(cookieName)
		if err != nil {
			return "", false
		}
		if signed, err = url.PathUnescape(cookie.Value); err != nil {
			return "", false
		}
	}
	token, signature, ok := strings.Cut(signed, ".")
	return token, ok && hmac.Equal([]byte(signature), l.sign(token))
}

// sign is the signature of a cookie.
func (l *limit) sign(token string) []byte {
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(token))
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}

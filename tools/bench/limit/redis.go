package main

import (
	"net/http"

	"github.com/redis/rueidis"
)

// fromRedis answers with what Redis has under the token: it is the answer already.
func (l *limit) fromRedis(url, prefix string) (http.HandlerFunc, error) {
	options, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.DisableCache = true
	client, err := rueidis.NewClient(options)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := l.token(r)
		if !ok {
			answer(w, []byte("null"))
			return
		}
		body, err := client.Do(r.Context(), client.B().Get().Key(prefix+token).Build()).AsBytes()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, body)
	}, nil
}

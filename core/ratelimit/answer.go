package ratelimit

import (
	"net/http"
	"strconv"
)

// What a blocked request is answered with. 1.6.9 sends JSON as plain text, and
// Gatehouse with it; 1.7 calls it application/json, and the clients of both
// read either.
const (
	AnswerStatus      = http.StatusTooManyRequests
	AnswerContentType = "text/plain;charset=UTF-8"
	AnswerBody        = `{"message":"Too many requests. Please try again later."}`
	// RetryAfterHeader carries whole seconds.
	RetryAfterHeader = "X-Retry-After"
)

// RetryAfterSeconds is the value of [RetryAfterHeader].
func (d Decision) RetryAfterSeconds() string {
	return strconv.FormatInt(int64(d.RetryAfter.Seconds()), 10)
}

package delivery

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

const (
	webhookTimeout  = 10 * time.Second
	maxWebhookReply = 4 << 10 // bytes that are read to keep the connection
	minWebhookKey   = 24      // bytes, the least that Standard Webhooks allows
)

// WebhookConfig says which service gets the messages.
type WebhookConfig struct {
	URL string
	// Secret signs: "whsec_" and base64 as in Standard Webhooks, or any text.
	// Either way the key has at least 24 bytes.
	Secret string
	Client *http.Client     // default: one of its own, without redirects
	Now    func() time.Time // default: time.Now
}

// webhook posts messages, signed as in Standard Webhooks 1.0: the header
// webhook-signature holds "v1," and the base64 HMAC-SHA256 of
// "{webhook-id}.{webhook-timestamp}.{body}".
type webhook struct {
	url    string
	key    []byte
	client *http.Client
	now    func() time.Time
}

// NewWebhook checks the configuration and returns the sender. The body that it
// posts is {"type", "to", "data"}.
func NewWebhook(cfg WebhookConfig) (Sender, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("webhook.url: want an https URL")
	}
	w := &webhook{url: cfg.URL, client: cfg.Client, now: cfg.Now}
	if w.key, err = webhookKey(cfg.Secret); err != nil {
		return nil, err
	}
	if w.client == nil {
		transport, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			return nil, errors.New("webhook: the default HTTP transport has been replaced")
		}
		w.client = &http.Client{
			Transport: transport.Clone(), Timeout: webhookTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if w.now == nil {
		w.now = time.Now
	}
	return w, nil
}

func webhookKey(secret string) ([]byte, error) {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("webhook.secret: what follows whsec_ is not base64")
		}
	}
	if len(key) < minWebhookKey {
		return nil, fmt.Errorf("webhook.secret: has %d bytes, want at least %d", len(key), minWebhookKey)
	}
	return key, nil
}

// Send implements Sender. Any 2xx answer means that the message is taken.
func (w *webhook) Send(ctx context.Context, m config.Message) error {
	body := wire.NewObject()
	body.Set("type", m.Type)
	body.Set("to", m.To)
	body.Set("data", m.Data)
	text, err := wire.Marshal(body)
	if err != nil {
		return fmt.Errorf("webhook: encode the message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(text))
	if err != nil {
		return errors.New("webhook: the URL cannot be requested")
	}
	id, at := "msg_"+rand.Text(), w.now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Gatehouse")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("Webhook-Signature", sign(w.key, id, at, text))
	res, err := w.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the URL may hold a key
		}
		return fmt.Errorf("webhook: %w: %w", ErrTemporary, err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, maxWebhookReply)
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("webhook: %w: the receiver answered %d", ErrTemporary, res.StatusCode)
	}
	return fmt.Errorf("webhook: the receiver answered %d", res.StatusCode)
}

// sign computes a signature of the scheme v1.
func sign(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.", id, at.Unix()) // a hash never fails
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

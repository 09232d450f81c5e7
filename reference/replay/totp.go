package replay

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// totp is the code that an authenticator app shows (RFC 6238) which has read this
// URI. It does without the plugin, which it is there to judge.
func totp(uri string, now time.Time) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", err
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	digits, err2 := strconv.Atoi(u.Query().Get("digits"))
	period, err3 := strconv.ParseInt(u.Query().Get("period"), 10, 64)
	if err := errors.Join(err, err2, err3); err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, key)
	if err := binary.Write(mac, binary.BigEndian, now.Unix()/period); err != nil {
		return "", err
	}
	sum := mac.Sum(nil)
	code := fmt.Sprintf("%010d", binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:])&0x7fffffff)
	return code[len(code)-digits:], nil
}

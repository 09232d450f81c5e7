package config

import (
	"reflect"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
	"go.yaml.in/yaml/v3"
)

// twoFactor is the plugin whose one lifetime is given in minutes, as upstream: a
// number of otpOptions.period is not one of seconds.
func twoFactor() plugin {
	return plugin{"twoFactor", reflect.TypeFor[twofactor.Options](), func(d *decoder, path string, n *yaml.Node) core.Plugin {
		var o twofactor.Options
		d.structure(path, n, reflect.ValueOf(&o).Elem())
		if period := valueOf(valueOf(n, "otpOptions"), "period"); period != nil {
			if _, err := strconv.ParseFloat(period.Value, 64); err == nil {
				o.OTP.Period *= time.Minute / time.Second
			}
		}
		return twofactor.New(o)
	}}
}

// valueOf is the value of a key of a mapping, or nil.
func valueOf(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

var (
	otpStorages        = []string{"plain", "encrypted", "hashed"}
	backupCodeStorages = []string{"plain", "encrypted"}
)

func otpStorage(d *decoder, path string, n *yaml.Node, target reflect.Value) {
	word := d.storageWord(path, n, otpStorages)
	target.Set(reflect.ValueOf(twofactor.OTPStorage{Encrypted: word == "encrypted", Hashed: word == "hashed"}))
}

func backupCodeStorage(d *decoder, path string, n *yaml.Node, target reflect.Value) {
	word := d.storageWord(path, n, backupCodeStorages)
	target.Set(reflect.ValueOf(twofactor.BackupCodeStorage{Plain: word == "plain"}))
}

// storageWord is how something is stored, by one of upstream's words. Its own
// functions take code.
func (d *decoder) storageWord(path string, n *yaml.Node, words []string) string {
	for _, function := range []string{"hash", "encrypt", "decrypt"} {
		if has(n, function) {
			d.fail(n.Line, below(path, function), "takes code: configure it from Go")
			return ""
		}
	}
	var word string
	choice(words, func(*Config) *string { return &word })(d, path, n)
	return word
}

package config_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func TestAPluginOfTheFileServes(t *testing.T) {
	const page = "/api/auth/docs"
	tests := map[string]struct {
		text string
		path string
		want int
	}{
		"with its options":           {"plugins: {openAPI: {path: /docs}}", page, http.StatusOK},
		"with an option that is off": {"plugins: {openAPI: {path: /docs, disableDefaultReference: true}}", page, http.StatusNotFound},
		"without options":            {"plugins: {openAPI: {}}", "/api/auth/reference", http.StatusOK},
		"with nothing at all":        {"plugins:\n  openAPI:", "/api/auth/reference", http.StatusOK},
		"not at all":                 {"plugins: {}", "/api/auth/reference", http.StatusNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := parse(t, tt.text).Options
			o.Secret, o.Database, o.Logger.Disabled = "gWx4S1oZk9vL2pQ7rT5uY8bN3mC6dF0h", memory.New(), true
			auth, err := gatehouse.New(o)
			if err != nil {
				t.Fatal(err)
			}
			rec := httptest.NewRecorder()
			auth.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+tt.path, nil))
			if rec.Code != tt.want {
				t.Errorf("%s: status %d, want %d", tt.path, rec.Code, tt.want)
			}
		})
	}
}

func TestOneFileServesOneServerAtATime(t *testing.T) {
	const text = "plugins: {openAPI: {}}"
	if one, two := parse(t, text).Options.Plugins, parse(t, text).Options.Plugins; len(one) != 1 || len(two) != 1 || one[0] == two[0] {
		t.Errorf("two readings share a plugin: %v, %v", one, two)
	}
}

func TestWhatIsWrongWithAPluginIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"plugins: {openAPI: {paht: /x}}":                                        "line 1: plugins.openAPI.paht: is not an option; did you mean plugins.openAPI.path?",
		"plugins:\n  openAPI:\n    path: 1":                                     "line 3: plugins.openAPI.path: expected a string, found a number; put it into quotes",
		"plugins: {openAPI: true}":                                              "line 1: plugins.openAPI: expected a mapping, found true or false",
		"plugins: {openApi: {}}":                                                "line 1: plugins.openApi: is not a plugin; did you mean plugins.openAPI?",
		"plugins: {openAPI: {}, magicLink: {expiresIn: 1}}":                     "line 1: plugins.magicLink: is a plugin of Better Auth that this version of Gatehouse does not have yet: leave it out",
		"plugins: {twoFactor: {otpOptions: {storeOTP: secret}}}":                "line 1: plugins.twoFactor.otpOptions.storeOTP: expected plain, encrypted or hashed, found another word",
		"plugins: {twoFactor: {otpOptions: {storeOTP: {hash: x}}}}":             "line 1: plugins.twoFactor.otpOptions.storeOTP.hash: takes code: configure it from Go",
		"plugins: {twoFactor: {backupCodeOptions: {storeBackupCodes: hashed}}}": "line 1: plugins.twoFactor.backupCodeOptions.storeBackupCodes: expected plain or encrypted, found another word",
		"plugins: {twoFactor: {otpOptions: {sendOTP: mail}}}":                   "line 1: plugins.twoFactor.otpOptions.sendOTP: expected true (send with the server's delivery) or false, found a string",
		"openAPI: {}": "line 1: openAPI: is not an option; did you mean plugins.openAPI?",
		"plugins: {openAPI: {disableDefaultReference: }}": "line 1: plugins.openAPI.disableDefaultReference: has no value: expected true or false; leave the key out for the default",
	} {
		if _, err := config.Parse([]byte(text), config.Source{}); err == nil || err.Error() != want {
			t.Errorf("%s\nerror = %v\nwant    %s", text, err, want)
		}
	}
}

package replay

import (
	"github.com/gatehouse-auth/gatehouse/core"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

func twoFactorEndpoints(a *gatehouse.Auth) map[string]inProcess {
	p, ok := core.PluginOf[*twofactor.Plugin](a.Auth)
	if !ok {
		return nil
	}
	return map[string]inProcess{
		"generateTOTP":    bound(p.GenerateTOTP),
		"viewBackupCodes": bound(p.ViewBackupCodes),
	}
}

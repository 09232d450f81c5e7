package replay

import (
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

// jwtEndpoints are those of the jwt plugin.
func jwtEndpoints(a *gatehouse.Auth) map[string]inProcess {
	for _, p := range a.Options().Plugins {
		if p, ok := p.(*jwt.Plugin); ok {
			return map[string]inProcess{
				"getJwks":   bound(p.GetJWKS),
				"getToken":  bound(p.GetToken),
				"signJWT":   bound(p.SignJWT),
				"verifyJWT": bound(p.VerifyJWT),
			}
		}
	}
	return nil
}

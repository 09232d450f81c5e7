package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/openapi"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/plugins/bearer"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// plugins are everything that is audited. A new plugin gets a line here, with
// the options that make it register all it has.
func plugins() []core.Plugin {
	return []core.Plugin{
		routes.New(), openapi.New(openapi.Options{}),
		bearer.New(bearer.Options{}),
		jwt.New(jwt.Options{}),
		organization.New(organization.Options{
			Teams: organization.Teams{Enabled: true}, DynamicAccessControl: organization.DynamicAccessControl{Enabled: true},
		}),
		twofactor.New(twofactor.Options{}),
	}
}

// Registered is what Gatehouse has, by owner.
type Registered map[string]Inventory

// moment is where the audit's clock stands, so that a default of "now" can be told.
var moment = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// probe names a cookie as plugins do, to see what it gets.
type probe struct{}

const probeName = "probe"

// ID names the plugin.
func (probe) ID() string { return probeName }

// Setup declares the cookie.
func (probe) Setup(s *core.Setup) error {
	s.Cookie(probeName, cookies.Override{})
	return nil
}

func server(change func(*core.Options)) (*core.Auth, error) {
	on := true
	o := core.Options{
		BaseURL: "http://localhost:3000", Secret: "the audit signs nothing with this 9f8e7d6c5b4a",
		Database: memory.New(), Plugins: append(plugins(), probe{}),
		Clock: func() time.Time { return moment }, Logger: core.Logger{Disabled: true},
		RateLimit: core.RateLimit{Enabled: &on, Storage: "database"},
	}
	if change != nil {
		change(&o)
	}
	return core.New(o)
}

// Register builds a server and asks what it has. facts gives the paths to try.
func Register(facts *Facts) (Registered, error) {
	auth, err := server(nil)
	if err != nil {
		return nil, err
	}
	r := Registered{Core: Inventory{}}
	for _, e := range auth.Endpoints() {
		endpointOf(r.of(e.Plugin), e, facts)
	}
	for owner, errs := range auth.ErrorCodes() {
		errorCodesOf(r.of(owner), errs)
	}
	for _, t := range auth.Tables() {
		tableOf(r[Core], t, len(auth.AddedFields(t.Model)))
	}
	before, after := auth.HookSources()
	r.requestHooks("request before", before)
	r.requestHooks("request after", after)
	databaseHooks(r[Core])
	limitsOf(r[Core], auth, facts)
	for _, e := range config.Reference() {
		r.option(e, facts)
	}
	if err := cookiesOf(r[Core]); err != nil {
		return nil, err
	}
	r.share(facts)
	return r, nil
}

func (r Registered) of(owner string) Inventory {
	if r[owner] == nil {
		r[owner] = Inventory{}
	}
	return r[owner]
}

// share gives to their plugins the fields, tables, cookies and limits that they add:
// the server does not tell who declared one, and the inventory does.
func (r Registered) share(facts *Facts) {
	for _, owner := range facts.Owners() {
		if owner == Core || r[owner] == nil {
			continue
		}
		for id, item := range facts.Of(owner) {
			if ours, ok := r[Core][id]; ok && (item.Kind == Field || item.Kind == Table || item.Kind == Cookie || item.Kind == RateLimit) {
				if item.Kind == Cookie {
					ours.Attrs = nil // the inventory has the names alone
				}
				r[owner][id] = ours
				delete(r[Core], id)
			}
		}
		r.shareTables(owner, facts)
	}
}

// shareTables gives a plugin the fields of its own tables that upstream does not have.
func (r Registered) shareTables(owner string, facts *Facts) {
	for model := range facts.tables.Plugins[owner].AddedTables {
		for id, item := range r[Core] {
			if item.Kind == Field && strings.HasPrefix(item.Name, model+".") {
				r[owner][id] = item
				delete(r[Core], id)
			}
		}
	}
}

func (r Registered) requestHooks(name string, sources []string) {
	counts := map[string]int{}
	for _, source := range sources {
		counts[strings.TrimPrefix(source, "plugin:")]++
	}
	for owner, n := range counts {
		r.of(owner).Add(Hook, name, map[string]string{"count": strconv.Itoa(n)})
	}
}

// databaseHooks names what an application can hook into, by the options' types.
func databaseHooks(inv Inventory) {
	hooks := reflect.TypeFor[db.Hooks]()
	for _, model := range reflect.VisibleFields(reflect.TypeFor[core.DatabaseHooks]()) {
		for _, f := range reflect.VisibleFields(hooks) {
			for _, phase := range []string{"Before", "After"} {
				if operation, ok := strings.CutPrefix(f.Name, phase); ok && f.Type.Kind() == reflect.Func {
					inv.Add(Hook, strings.ToLower("database "+model.Name+"."+operation+"."+phase), nil)
				}
			}
		}
	}
}

func errorCodesOf(inv Inventory, errs []*core.Error) {
	messages, statuses := map[string][]string{}, map[string][]string{}
	for _, e := range errs {
		if e.Code() == "" {
			continue // an answer of an endpoint; the inventory lists codes
		}
		if !slices.Contains(messages[e.Code()], e.Message()) {
			messages[e.Code()] = append(messages[e.Code()], e.Message())
		}
		statuses[e.Code()] = append(statuses[e.Code()], strconv.Itoa(e.Status()))
	}
	for code := range messages {
		slices.Sort(messages[code])
		inv.Add(ErrorCode, code, map[string]string{"message": strings.Join(messages[code], " | "), "status": joined(statuses[code])})
	}
}

func limitsOf(inv Inventory, auth *core.Auth, facts *Facts) {
	limit := func(path string) ratelimit.Rule {
		rule, _ := auth.RateLimitFor(path)
		return rule
	}
	attrs := func(r ratelimit.Rule) map[string]string {
		return limitFact{Window: int(r.Window / time.Second), Max: r.Max}.attrs()
	}
	inv.Add(RateLimit, otherPaths, attrs(limit("/a-path-without-a-rule")))
	for _, item := range facts.Of(Core).Of(RateLimit) {
		switch path := strings.TrimSuffix(item.Name, "…"); {
		case item.Name == otherPaths:
		case path == item.Name:
			inv.Add(RateLimit, item.Name, attrs(limit(path)))
		case limit(path) == limit(path+"/below") && limit(path) == limit(path+"-longer"):
			inv.Add(RateLimit, item.Name, attrs(limit(path)))
		default:
			inv.Add(RateLimit, item.Name, map[string]string{"window": "depends on what follows", "max": "depends on what follows"})
		}
	}
	for _, path := range paths(auth, facts) {
		if got := attrs(limit(path)); !maps.Equal(got, facts.coreLimit(path).attrs()) {
			inv.Add(RateLimit, path, got)
		}
	}
}

// paths are those of all endpoints that are registered, and those of upstream.
func paths(auth *core.Auth, facts *Facts) []string {
	var all []string
	for _, e := range auth.Endpoints() {
		all = append(all, e.Path)
	}
	for _, e := range facts.endpoints {
		if e.Path != "" && e.Owner == Core {
			all = append(all, e.Path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// configurations are those in which the inventory has the cookies.
func configurations() map[string]func(*core.Options) {
	return map[string]func(*core.Options){
		"http baseURL":  func(o *core.Options) { o.BaseURL = "http://app.example.com" },
		"https baseURL": func(o *core.Options) { o.BaseURL = "https://app.example.com" },
		"crossSubDomainCookies on https": func(o *core.Options) {
			o.BaseURL, o.Advanced.CrossSubDomainCookies.Enabled = "https://app.example.com", true
		},
	}
}

func cookiesOf(inv Inventory) error {
	for name, change := range configurations() {
		auth, err := server(change)
		if err != nil {
			return err
		}
		specs, err := auth.CookieNames()
		if err != nil {
			return err
		}
		for short, s := range specs {
			a := cookieAttrs{HTTPOnly: s.HTTPOnly, Secure: s.Secure, Path: s.Path, SameSite: s.SameSite, Domain: s.Domain}
			if s.MaxAge != 0 {
				seconds := int(s.MaxAge / time.Second)
				a.MaxAge = &seconds
			}
			if short == probeName {
				inv.Add(Cookie, anyCookie, a.attrs(name, ""))
				continue
			}
			inv.Add(Cookie, short, a.attrs(name, s.Name))
		}
	}
	return nil
}

// option takes over an entry of the configuration reference. Those of plugins
// are without the name that the file gives to the plugin.
func (r Registered) option(e config.Entry, facts *Facts) {
	factory, name := ownerOfOption(optionName(e.Path))
	attrs := map[string]string{"default": presetOf(e), opaque: boolean(isOpaque(e))}
	if factory == "" {
		r[Core].Add(Option, name, attrs)
		return
	}
	for _, owner := range facts.Owners() {
		if name != "" && isFactoryOf(factory, owner) {
			r.of(owner).Add(Option, name, attrs)
		}
	}
}

// opaque marks an option that takes any names or code below it: upstream's
// inventory lists those names, and the reference does not.
const opaque = "takes any"

func isOpaque(e config.Entry) bool {
	return strings.Contains(e.Kind, "mapping of") || strings.Contains(e.Kind, "code")
}

// presetOf writes a default as the inventory does: durations in seconds, and
// nothing for code.
func presetOf(e config.Entry) string {
	preset := plainDefault(e.Default)
	switch {
	case e.Kind == "code", e.Kind == "sender":
		return ""
	case e.Kind != "duration":
		return preset
	}
	text := preset
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil {
			return preset
		}
		text = fmt.Sprintf("%dh", 24*n)
	}
	if d, err := time.ParseDuration(text); err == nil {
		return strconv.Itoa(int(d / time.Second))
	}
	return preset
}

package openapi

import "regexp"

// Difference is one that is intended: statements whose name matches Of, where
// upstream says Theirs and Gatehouse says Ours. All three are whole; what a
// group of Theirs has found stands in Ours as $1. "" is nothing said.
type Difference struct {
	Of, Theirs, Ours string
	Why              string
	// Needs is a path. Until it is registered, nothing has to show the difference.
	Needs string
}

// Differences are all that there are. Each one has to be there: what nothing
// shows any more fails the comparison.
var Differences = []Difference{
	// --- Upstream's document is not valid OpenAPI, or not what its server does.
	{
		Of: `POST /get-session: operation id`, Theirs: `getSession`, Ours: `getSessionPost`,
		Why: "an id is there once: upstream gives the same one to GET and POST",
	},
	{
		Of: `.*: (body\.|parameter ).*`, Theirs: `optional (.+)\|null(.*)`, Ours: `optional $1$2`,
		Why: "what may be absent may not therefore be null: upstream's own server refuses it",
	},
	{
		Of: `POST /sign-in/email: body\.rememberMe`, Theirs: `optional boolean\|null default=true`, Ours: `optional boolean`,
		Why: "as above; the words tell the default, which a generated program then does not send",
	},
	{
		Of: `.*: body`, Theirs: `optional`, Ours: `required`,
		Why: "a body with required members is required; upstream forgets it where a person wrote the schema",
	},
	{
		Of: `.*: parameter .* of the query`, Theirs: `optional (.+)`, Ours: `required $1`,
		Why:   "upstream's generator never says that a parameter is required",
		Needs: "/delete-user/callback",
	},
	{
		Of: `.*: parameter .* of the (query|path)`, Theirs: ``, Ours: `.*`,
		Why: "upstream leaves out the parameters of a path, and those of a query that may be absent as a whole",
	},
	{
		Of: `schema .*`, Theirs: `((?:required|optional) .*) default=Generated at runtime`, Ours: `$1`,
		Why: "that is no time: a generated program would send it",
	},
	{
		Of: `schema .*`, Theirs: `optional (string|number|boolean)( date-time)?`, Ours: `optional $1|null$2`,
		Why: "an empty column is answered as null",
	},
	{
		Of: `schema Account\..*`, Theirs: `optional string( date-time)?`, Ours: `optional string|null$1 writeOnly`,
		Why: "tokens and the password never leave the server, on either side",
	},
	{
		Of: `.*: body\.(additionalData|.*\.user)`, Theirs: `optional string\|null`, Ours: `optional object`,
		Why:   "upstream's generator calls string what it does not know, here an object",
		Needs: "/sign-in/social",
	},
	{
		Of: `POST /update-user: body\.image`, Theirs: `optional string`, Ours: `optional string|null`,
		Why:   "null takes the picture away; upstream says so with a word that OpenAPI 3.1 does not have",
		Needs: "/update-user",
	},
	{
		Of: `GET /reset-password/\{token\}: answer 200`, Theirs: `application/json`, Ours: ``,
		Why:   "it always redirects",
		Needs: "/reset-password/:token",
	},

	// --- Gatehouse does more.
	{
		Of: `POST /unlink-account: body\.providerId`, Theirs: `required string`, Ours: `optional string`,
		Why:   "clients of 1.7 name the account by its own id",
		Needs: "/unlink-account",
	},

	// --- Gatehouse says more.
	{
		Of: `.*: answer 4..\.message`, Theirs: `optional string`, Ours: `required string`,
		Why:   "upstream describes this answer of this endpoint once more, and promises less",
		Needs: "/send-verification-email",
	},
	{
		Of: `.*: operation id`, Theirs: ``, Ours: `[a-zA-Z]+`,
		Why: "operations that upstream left nameless are called as their functions in auth.api",
	},
	{
		Of: `.*: answer (4|5)..\.code`, Theirs: ``, Ours: `optional string`,
		Why: "what a program tells errors apart by",
	},
	{
		Of: `.*: answer 3..`, Theirs: ``, Ours: ``,
		Why: "endpoints that browsers are sent to also redirect",
	},
	{
		Of: `.*: body of application/x-www-form-urlencoded`, Theirs: ``, Ours: `there`,
		Why: "both servers take forms there; upstream's document does not say so",
	},
}

// Explains tells whether a difference in a statement is an intended one.
func (d Difference) Explains(name, theirs, ours string) bool {
	if !whole(d.Of).MatchString(name) {
		return false
	}
	pattern := whole(d.Theirs)
	found := pattern.FindStringSubmatchIndex(theirs)
	if found == nil {
		return false
	}
	want := string(pattern.ExpandString(nil, d.Ours, theirs, found))
	return want == ours || d.Theirs == "" && whole(d.Ours).MatchString(ours)
}

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile("^(?:" + pattern + ")$") }

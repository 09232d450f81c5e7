package mysql

import "github.com/gatehouse-auth/gatehouse/adapters/sqlbun"

// Equal writes equality of texts twice, as Compare does: by the collations, for
// which there is an index, and by the bytes.
func (Dialect) Equal(s *sqlbun.SQL, first, second sqlbun.Operand) {
	s.Put(first.Name).Text(" = ").Put(second.Name)
	if isText(first.Column) && isText(second.Column) {
		octets(octets(s.Text(" AND "), first.Name).Text(" = "), second.Name)
	}
}

// Exact is the bytes of text.
func (Dialect) Exact(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part) {
	if isText(c) {
		octets(s, column)
		return
	}
	s.Put(column)
}

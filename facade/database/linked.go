package database

// Linked is the table of the drivers that build tags add. Each has a pair of
// files, of which one is compiled: with the tag the driver's, without it none.
func Linked() Drivers {
	return Drivers{
		Postgres: linkedPostgres(),
		MySQL:    linkedMySQL(),
		Redis:    linkedRedis(),
	}
}

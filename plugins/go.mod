module github.com/gatehouse-auth/gatehouse/plugins

go 1.26.0

require (
	github.com/gatehouse-auth/gatehouse/core v0.0.0
	github.com/go-jose/go-jose/v4 v4.1.8
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/gatehouse-auth/gatehouse/core => ../core

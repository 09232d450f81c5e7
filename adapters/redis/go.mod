module github.com/gatehouse-auth/gatehouse/adapters/redis

go 1.26.0

require (
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/gatehouse-auth/gatehouse/core v0.0.0
	github.com/google/go-cmp v0.7.0
	github.com/redis/rueidis v1.0.79
	pgregory.net/rapid v1.3.0
)

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/gatehouse-auth/gatehouse/core => ../../core

module github.com/gatehouse-auth/gatehouse/facade

go 1.26.0

require github.com/gatehouse-auth/gatehouse/core v0.0.0

require (
	github.com/google/go-cmp v0.7.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
)

replace github.com/gatehouse-auth/gatehouse/core => ../core

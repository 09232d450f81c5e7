package config

import (
	"reflect"

	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
	"go.yaml.in/yaml/v3"
)

// jwtAlgorithms are the words for how tokens of the jwt plugin are signed.
func jwtAlgorithms() []string {
	var words []string
	for _, a := range jwt.Algorithms() {
		words = append(words, string(a))
	}
	return words
}

func jwtAlgorithm(d *decoder, path string, n *yaml.Node, target reflect.Value) {
	var word string
	choice(jwtAlgorithms(), func(*Config) *string { return &word })(d, path, n)
	target.SetString(word)
}

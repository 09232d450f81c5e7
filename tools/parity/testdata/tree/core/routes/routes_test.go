package routes_test

import "testing"

func TestTwice(t *testing.T) { t.Log() }

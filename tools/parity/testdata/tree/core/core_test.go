package core_test

import "testing"

func TestHooks(t *testing.T)         { t.Log() }
func TestTwice(t *testing.T)         { t.Log() }
func TestHelper(t *testing.T, _ int) { t.Log() }
func FuzzParse(f *testing.F)         { f.Add("") }

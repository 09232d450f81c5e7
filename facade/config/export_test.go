package config

// Meanings lets the tests find meanings without an option.
func Meanings() map[string]meaning { return meanings() }

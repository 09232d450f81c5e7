package input

// IsEmail tells whether text passes upstream's e-mail pattern, for handlers
// that report it with a code of their own.
func IsEmail(s string) bool { return isEmail(s) }

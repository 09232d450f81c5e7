package mysql_test

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
)

func TestTLSThatCannotWorkIsToldAtOnce(t *testing.T) {
	sqltest.TLS{Greet: greetTLS, Open: openWithTLS, Parameter: "parameter tls"}.Run(t)
}

// greetTLS is a server's first packet, HandshakeV10 of MySQL's protocol, and the
// SSLRequest after it.
func greetTLS(conn net.Conn, offers bool) error {
	const protocol41, ssl, secure, pluginAuth = 1 << 9, 1 << 11, 1 << 15, 1 << 19
	can := protocol41 | secure | pluginAuth
	if offers {
		can |= ssl
	}
	payload := []byte("\x0a8.0.0\x00" + "\x01\x00\x00\x00" + "12345678\x00")
	payload = append(payload, byte(can&0xff), byte(can>>8&0xff), 45, 2, 0, byte(can>>16&0xff), 0, 21)
	payload = append(payload, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"+"123456789012\x00"+"mysql_native_password\x00"...)
	if _, err := conn.Write(append([]byte{byte(len(payload)), 0, 0, 0}, payload...)); err != nil || !offers {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 4+32))
	return err
}

func openWithTLS(ctx context.Context, addr string, verify bool) error {
	mode := map[bool]string{true: "true", false: "skip-verify"}[verify]
	a, err := mysql.Open(ctx, "mysql://u@"+addr+"/x?tls="+mode, mysql.Options{})
	if err == nil {
		err = a.Close(ctx)
	}
	return err
}

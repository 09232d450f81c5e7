package routes_test

import "github.com/gatehouse-auth/gatehouse/core"

func zzConfig2(name string, o *core.Options, ev *[]string) {}

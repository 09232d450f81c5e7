//go:build gatehouse_redis || gatehouse_full

package database

import "github.com/gatehouse-auth/gatehouse/facade/database/redis"

func linkedRedis() RedisDriver { return redis.Open }

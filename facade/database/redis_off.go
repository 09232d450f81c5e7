//go:build !gatehouse_redis && !gatehouse_full

package database

func linkedRedis() RedisDriver { return nil }

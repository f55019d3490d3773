//go:build !loom_1_2

package main

import (
	"context"

	"github.com/teradata-labs/loom/pkg/agent"
	"github.com/teradata-labs/loom/pkg/types"
)

func save(ctx context.Context, store agent.SessionStorage, session string, message *types.Message) error {
	return store.SaveMessage(ctx, session, message, message.Role == "user")
}

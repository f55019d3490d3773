//go:build !newest

package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/teradata-labs/loom/pkg/agent"
	"github.com/teradata-labs/loom/pkg/shuttle"
	"github.com/teradata-labs/loom/pkg/storage/backend"
	"github.com/teradata-labs/loom/pkg/types"
)

// decision stands for a column that this version lacks.
const decision = "NULL"

func saveMessage(ctx context.Context, store agent.SessionStorage, id string, _ *message, m types.Message) {
	require(store.SaveMessage(ctx, id, m))
}

func saveExecution(ctx context.Context, store agent.SessionStorage, each execution) {
	stored := agent.ToolExecution{ToolName: each.ToolName, Input: each.Input, Result: each.Result}
	if each.Result == nil && each.Error != nil {
		stored.Error = errors.New(*each.Error)
	}
	require(store.SaveToolExecution(ctx, each.SessionID, stored))
}

func hide(context.Context, agent.SessionStorage, *tenant) {}

func describe(*shuttle.HumanRequest, request) {}

func readDescription(*request, *shuttle.HumanRequest) {}

func fillOthers(context.Context, backend.StorageBackend, *tenant) {}

func fillOldStores(ctx context.Context, storage backend.StorageBackend, t *tenant) {
	for at := range t.Errors {
		each := &t.Errors[at]
		id, err := storage.ErrorStore().Store(ctx, &agent.StoredError{
			SessionID: each.SessionID, ToolName: each.ToolName, RawError: json.RawMessage(each.RawError),
			ShortSummary: each.ShortSummary})
		require(err)
		each.ID = id
	}
	for _, each := range t.Results {
		rows := make([]interface{}, 0, len(each.Rows))
		for _, row := range each.Rows {
			rows = append(rows, row)
		}
		_, err := storage.ResultStore().Store(ctx, each.ID, object{"columns": each.Columns, "rows": rows})
		require(err)
	}
}

func readOldStores(ctx context.Context, storage backend.StorageBackend, t *tenant) {
	for at := range t.Errors {
		each := &t.Errors[at]
		one, err := storage.ErrorStore().Get(ctx, each.ID)
		require(err)
		each.Timestamp, each.RawError, each.ShortSummary = one.Timestamp.UnixMicro(), string(one.RawError), one.ShortSummary
	}
	for at := range t.Results {
		each := &t.Results[at]
		one, err := storage.ResultStore().GetMetadata(ctx, each.ID)
		require(err)
		each.StoredAt, each.AccessedAt = one.StoredAt.UnixMicro(), one.AccessedAt.UnixMicro()
	}
}

func loadMessages(ctx context.Context, store agent.SessionStorage, s *session) []message {
	loaded, err := store.LoadMessages(ctx, s.ID)
	require(err)
	all := make([]message, 0, len(loaded))
	for _, m := range loaded {
		id, _ := strconv.ParseInt(m.ID, 10, 64)
		all = append(all, message{ID: id, Role: m.Role, Content: m.Content, ToolCalls: m.ToolCalls,
			ToolUseID: optional(m.ToolUseID), ToolResult: m.ToolResult, SessionContext: string(m.SessionContext),
			AgentID: optional(m.AgentID), Timestamp: m.Timestamp.UnixMicro(), TokenCount: m.TokenCount, CostUSD: m.CostUSD})
	}
	return all
}

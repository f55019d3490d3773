//go:build newest

package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"

	"github.com/teradata-labs/loom/pkg/agent"
	"github.com/teradata-labs/loom/pkg/memory"
	"github.com/teradata-labs/loom/pkg/shuttle"
	"github.com/teradata-labs/loom/pkg/storage/backend"
	"github.com/teradata-labs/loom/pkg/task"
	"github.com/teradata-labs/loom/pkg/types"
)

// decision is the column with the decision of admission.
const decision = "admission_decision"

// turns holds the last turn of each session, to know which message begins one.
var turns = map[string]int64{}

func saveMessage(ctx context.Context, store agent.SessionStorage, id string, from *message, m types.Message) {
	begins := from.Turn > turns[id]
	turns[id] = from.Turn
	require(store.SaveMessage(ctx, id, &m, begins))
	from.ID, _ = strconv.ParseInt(m.ID, 10, 64)
}

func saveExecution(ctx context.Context, store agent.SessionStorage, each execution) {
	stored := agent.ToolExecution{ToolName: each.ToolName, Input: each.Input, Result: each.Result,
		AdmissionDecision: text(each.AdmissionDecision)}
	if each.Result == nil && each.Error != nil {
		stored.Error = errors.New(*each.Error)
	}
	require(store.SaveToolExecution(ctx, each.SessionID, stored))
}

// hide folds and evicts messages: each snapshot of a fold is one call, the last one with the messages.
func hide(ctx context.Context, store agent.SessionStorage, t *tenant) {
	for _, s := range t.Sessions {
		var folded, evicted []int64
		for _, m := range s.Messages {
			if m.Folded != 0 {
				folded = append(folded, m.ID)
			}
			if m.Evicted != 0 {
				evicted = append(evicted, m.ID)
			}
		}
		for _, each := range t.Snapshots {
			if each.SessionID != s.ID || each.SnapshotType != "fold" {
				continue
			}
			var fold struct {
				N    int    `json:"n"`
				Text string `json:"text"`
			}
			require(json.Unmarshal([]byte(each.Content), &fold))
			require(store.FoldMessages(ctx, s.ID, folded, fold.N, fold.Text))
		}
		if len(evicted) > 0 {
			require(store.MarkEvicted(ctx, s.ID, evicted))
		}
	}
}

func describe(stored *shuttle.HumanRequest, each request) {
	stored.Kind, stored.Summary = text(each.Kind), text(each.Summary)
	stored.Params, stored.ParamsTruncated = each.Params, each.ParamsTruncated != 0
}

func readDescription(each *request, one *shuttle.HumanRequest) {
	each.Kind, each.Summary = optional(one.Kind), optional(one.Summary)
	each.Params, each.ParamsTruncated = one.Params, 0
	if one.ParamsTruncated {
		each.ParamsTruncated = 1
	}
}

// fillOthers stores what Heddle has no place for: two entities of graph memory with an edge, and three tasks.
func fillOthers(ctx context.Context, storage backend.StorageBackend, t *tenant) {
	graph := storage.(backend.GraphMemoryProvider).GraphMemoryStore()
	source, err := graph.CreateEntity(ctx, &memory.Entity{AgentID: "planner", Name: t.Tenant + " thread", EntityType: "thing",
		PropertiesJSON: "{}"})
	require(err)
	target, err := graph.CreateEntity(ctx, &memory.Entity{AgentID: "planner", Name: t.Tenant + " loom", EntityType: "thing",
		PropertiesJSON: "{}"})
	require(err)
	_, err = graph.Relate(ctx, &memory.Edge{AgentID: "planner", SourceID: source.ID, TargetID: target.ID,
		Relation: "IS_ON", PropertiesJSON: "{}"})
	require(err)
	tasks := storage.(backend.TaskStoreProvider).TaskStore()
	for _, title := range []string{"weave", "cut", "fold"} {
		_, err = tasks.CreateTask(ctx, &task.Task{Title: title})
		require(err)
	}
}

// Errors and results left the interface of the storage.
func fillOldStores(_ context.Context, _ backend.StorageBackend, t *tenant) {
	t.Errors, t.Results = []storedError{}, []result{}
}

func readOldStores(context.Context, backend.StorageBackend, *tenant) {}

func loadMessages(ctx context.Context, store agent.SessionStorage, s *session) []message {
	loaded, err := store.ListMessagesBySeqRange(ctx, s.ID, 0, math.MaxInt64)
	require(err)
	all := make([]message, 0, len(loaded))
	number := map[bool]int{true: 1}
	for _, m := range loaded {
		id, _ := strconv.ParseInt(m.ID, 10, 64)
		all = append(all, message{ID: id, Role: m.Role, Content: m.Content, ToolCalls: m.ToolCalls,
			ToolUseID: optional(m.ToolUseID), ToolResult: m.ToolResult, SessionContext: string(m.SessionContext),
			AgentID: optional(m.AgentID), Timestamp: m.Timestamp.UnixMicro(), TokenCount: m.TokenCount, CostUSD: m.CostUSD,
			Evicted: number[m.Evicted], Folded: number[m.Folded], Turn: m.Turn})
	}
	return all
}

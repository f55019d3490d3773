// The peer Loom: its session storage on SQLite and PostgreSQL. Reads commands, one a line, and times each call by itself;
// README.md in the folder above describes the commands and the replies.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	loomv1 "github.com/teradata-labs/loom/gen/go/loom/v1"
	"github.com/teradata-labs/loom/pkg/agent"
	"github.com/teradata-labs/loom/pkg/observability"
	"github.com/teradata-labs/loom/pkg/shuttle"
	"github.com/teradata-labs/loom/pkg/storage/postgres"
	"github.com/teradata-labs/loom/pkg/types"
)

type chatMessage struct {
	Role       string  `json:"role"`
	Content    *string `json:"content"`
	ToolCallID string  `json:"tool_call_id"`
	ToolCalls  []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

type conversation struct {
	Session  string        `json:"session"`
	Messages []chatMessage `json:"messages"`
}

func require(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// reply writes a reply. The mark tells it from what a library prints.
func reply(value any) {
	text, err := json.Marshal(value)
	require(err)
	fmt.Println("@", string(text))
}

func messageOf(from chatMessage) types.Message {
	message := types.Message{Role: from.Role, Timestamp: time.Now()}
	if from.Content != nil {
		message.Content = *from.Content
	}
	if from.Role == "tool" {
		message.ToolUseID = from.ToolCallID
		message.ToolResult = &shuttle.Result{Success: true, Data: message.Content}
	}
	for _, call := range from.ToolCalls {
		input := map[string]any{}
		require(json.Unmarshal([]byte(call.Function.Arguments), &input))
		message.ToolCalls = append(message.ToolCalls, types.ToolCall{ID: call.ID, Name: call.Function.Name, Input: input})
	}
	return message
}

func main() {
	backend, durability, location, path := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	ctx := postgres.ContextWithUserID(context.Background(), "user")

	var conversations []conversation
	file, err := os.Open(path)
	require(err)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var each conversation
		require(json.Unmarshal(lines.Bytes(), &each))
		conversations = append(conversations, each)
	}
	require(lines.Err())

	var store agent.SessionStorage
	did := map[string]any{}
	switch backend {
	case "sqlite":
		// The path is a connection string of its driver. It sets WAL by itself.
		level := map[string]string{"full": "2", "normal": "1"}[durability]
		opened, err := agent.NewSessionStore(location+"?_sync="+level, observability.NewNoOpTracer())
		require(err)
		defer opened.Close()
		store = opened
		did["durability"] = "WAL, synchronous " + map[string]string{"full": "FULL", "normal": "NORMAL"}[durability]
	default:
		opened, err := postgres.NewBackend(ctx, &loomv1.PostgresStorageConfig{Dsn: location},
			observability.NewNoOpTracer())
		require(err)
		defer opened.Close()
		require(opened.Migrate(ctx))
		store = opened.SessionStorage()
	}

	type place struct {
		session string
		message types.Message
	}
	var places []place
	for _, each := range conversations {
		now := time.Now()
		require(store.SaveSession(ctx, &types.Session{ID: each.Session, CreatedAt: now, UpdatedAt: now}))
		for _, message := range each.Messages {
			places = append(places, place{each.Session, messageOf(message)})
		}
	}
	reply(did)

	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		var command []any
		require(json.Unmarshal(commands.Bytes(), &command))
		ns := []int64{}
		timed := func(action func() error) {
			start := time.Now()
			err := action()
			ns = append(ns, time.Since(start).Nanoseconds())
			require(err)
		}
		switch command[0] {
		case "save":
			for index := int(command[1].(float64)); index < int(command[2].(float64)); index++ {
				each := &places[index]
				each.message.Timestamp = time.Now()
				timed(func() error { return save(ctx, store, each.session, &each.message) })
			}
			reply(map[string]any{"ns": ns})
		case "load":
			count := 0
			for _, each := range conversations[:int(command[1].(float64))] {
				timed(func() error {
					messages, err := store.LoadMessages(ctx, each.Session)
					count += len(messages)
					return err
				})
			}
			reply(map[string]any{"ns": ns, "messages": count})
		case "search":
			found := 0
			timed(func() error {
				messages, err := store.SearchMessages(ctx, "", command[1].(string), 20)
				found = len(messages)
				return err
			})
			reply(map[string]any{"ns": ns, "found": found})
		case "quit":
			reply(map[string]any{})
			return
		}
	}
}

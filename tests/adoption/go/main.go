// Command adoption drives the public API of the Go server's storage: it stores the records of a JSON file, such as
// sqlite.json, and writes what the server reads back, in the same form. All times are microseconds.
//
// Its files api_*.go hold what differs between the versions of the server. The server sets ids of errors and times of
// executions, snapshots and results itself: what is read back says which.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	loomv1 "github.com/teradata-labs/loom/gen/go/loom/v1"
	"github.com/teradata-labs/loom/pkg/agent"
	"github.com/teradata-labs/loom/pkg/artifacts"
	"github.com/teradata-labs/loom/pkg/observability"
	"github.com/teradata-labs/loom/pkg/shuttle"
	"github.com/teradata-labs/loom/pkg/storage/backend"
	"github.com/teradata-labs/loom/pkg/storage/postgres"
	"github.com/teradata-labs/loom/pkg/types"
)

type object = map[string]interface{}

type message struct {
	ID             int64            `json:"id"`
	Role           string           `json:"role"`
	Content        string           `json:"content"`
	ToolCalls      []types.ToolCall `json:"tool_calls"`
	ToolUseID      *string          `json:"tool_use_id"`
	ToolResult     *shuttle.Result  `json:"tool_result"`
	SessionContext string           `json:"session_context"`
	AgentID        *string          `json:"agent_id"`
	Timestamp      int64            `json:"timestamp"`
	TokenCount     int              `json:"token_count"`
	CostUSD        float64          `json:"cost_usd"`
	Evicted        int              `json:"evicted"`
	Folded         int              `json:"folded"`
	Turn           int64            `json:"turn"`
}

type session struct {
	ID              string    `json:"id"`
	Name            *string   `json:"name"`
	AgentID         *string   `json:"agent_id"`
	ParentSessionID *string   `json:"parent_session_id"`
	Context         object    `json:"context"`
	CreatedAt       int64     `json:"created_at"`
	UpdatedAt       int64     `json:"updated_at"`
	TotalCostUSD    float64   `json:"total_cost_usd"`
	TotalTokens     int       `json:"total_tokens"`
	DeletedAt       *int64    `json:"deleted_at"`
	Messages        []message `json:"messages"`
}

type execution struct {
	SessionID         string          `json:"session_id"`
	ToolName          string          `json:"tool_name"`
	Input             object          `json:"input"`
	Result            *shuttle.Result `json:"result"`
	Error             *string         `json:"error"`
	ExecutionTimeMs   *int64          `json:"execution_time_ms"`
	Timestamp         int64           `json:"timestamp"`
	AdmissionDecision *string         `json:"admission_decision"`
}

type snapshot struct {
	SessionID    string `json:"session_id"`
	SnapshotType string `json:"snapshot_type"`
	Content      string `json:"content"`
	TokenCount   int    `json:"token_count"`
	CreatedAt    int64  `json:"created_at"`
}

type storedError struct {
	ID           string `json:"id"`
	Timestamp    int64  `json:"timestamp"`
	SessionID    string `json:"session_id"`
	ToolName     string `json:"tool_name"`
	RawError     string `json:"raw_error"`
	ShortSummary string `json:"short_summary"`
}

type artifact struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Path           string            `json:"path"`
	Source         string            `json:"source"`
	SourceAgentID  *string           `json:"source_agent_id"`
	Purpose        *string           `json:"purpose"`
	ContentType    string            `json:"content_type"`
	SizeBytes      int64             `json:"size_bytes"`
	Checksum       string            `json:"checksum"`
	CreatedAt      int64             `json:"created_at"`
	UpdatedAt      int64             `json:"updated_at"`
	LastAccessedAt *int64            `json:"last_accessed_at"`
	AccessCount    int               `json:"access_count"`
	Tags           []string          `json:"tags"`
	Metadata       map[string]string `json:"metadata"`
	DeletedAt      *int64            `json:"deleted_at"`
	SessionID      *string           `json:"session_id"`
}

type request struct {
	ID              string  `json:"id"`
	AgentID         string  `json:"agent_id"`
	SessionID       string  `json:"session_id"`
	Question        string  `json:"question"`
	Context         object  `json:"context"`
	RequestType     string  `json:"request_type"`
	Priority        string  `json:"priority"`
	TimeoutMs       int64   `json:"timeout_ms"`
	CreatedAt       int64   `json:"created_at"`
	ExpiresAt       int64   `json:"expires_at"`
	Status          string  `json:"status"`
	Response        string  `json:"response"`
	ResponseData    object  `json:"response_data"`
	RespondedAt     *int64  `json:"responded_at"`
	RespondedBy     string  `json:"responded_by"`
	Kind            *string `json:"kind"`
	Summary         *string `json:"summary"`
	Params          object  `json:"params"`
	ParamsTruncated int     `json:"params_truncated"`
}

type result struct {
	ID         string          `json:"id"`
	Columns    []interface{}   `json:"columns"`
	Rows       [][]interface{} `json:"rows"`
	StoredAt   int64           `json:"stored_at"`
	AccessedAt int64           `json:"accessed_at"`
}

type tenant struct {
	Tenant     string        `json:"tenant"`
	Sessions   []session     `json:"sessions"`
	Executions []execution   `json:"executions"`
	Snapshots  []snapshot    `json:"snapshots"`
	Errors     []storedError `json:"errors"`
	Artifacts  []artifact    `json:"artifacts"`
	Requests   []request     `json:"requests"`
	Results    []result      `json:"results"`
}

type content struct {
	Tenants []tenant `json:"tenants"`
}

func require(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func optional(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

func moment(microseconds *int64) *time.Time {
	if microseconds == nil {
		return nil
	}
	at := time.UnixMicro(*microseconds)
	return &at
}

func unix(at *time.Time) *int64 {
	if at == nil {
		return nil
	}
	microseconds := at.UnixMicro()
	return &microseconds
}

// messagesInTurns returns the messages of all sessions in the order in which they are stored: one of each session,
// then the next of each.
func messagesInTurns(sessions []session, store func(sessionID string, m *message)) {
	for at, more := 0, true; more; at++ {
		more = false
		for s := range sessions {
			if at < len(sessions[s].Messages) {
				store(sessions[s].ID, &sessions[s].Messages[at])
				more = true
			}
		}
	}
}

func fill(ctx context.Context, storage backend.StorageBackend, t *tenant) {
	sessions := storage.SessionStorage()
	for _, each := range t.Sessions {
		require(sessions.SaveSession(ctx, &types.Session{
			ID: each.ID, Name: text(each.Name), AgentID: text(each.AgentID), ParentSessionID: text(each.ParentSessionID),
			UserID: t.Tenant, Context: each.Context, CreatedAt: time.UnixMicro(each.CreatedAt),
			UpdatedAt: time.UnixMicro(each.UpdatedAt), TotalCostUSD: each.TotalCostUSD, TotalTokens: each.TotalTokens}))
	}
	messagesInTurns(t.Sessions, func(id string, m *message) {
		saveMessage(ctx, sessions, id, m, types.Message{
			Role: m.Role, Content: m.Content, ToolCalls: m.ToolCalls, ToolUseID: text(m.ToolUseID),
			ToolResult: m.ToolResult, SessionContext: types.SessionContext(m.SessionContext), AgentID: text(m.AgentID),
			UserID: t.Tenant, Timestamp: time.UnixMicro(m.Timestamp), TokenCount: m.TokenCount, CostUSD: m.CostUSD})
	})
	for _, each := range t.Executions {
		saveExecution(ctx, sessions, each)
	}
	for _, each := range t.Snapshots {
		if each.SnapshotType != "fold" {
			require(sessions.SaveMemorySnapshot(ctx, each.SessionID, each.SnapshotType, each.Content, each.TokenCount))
		}
	}
	hide(ctx, sessions, t)
	for _, each := range t.Artifacts {
		require(storage.ArtifactStore().Index(ctx, &artifacts.Artifact{
			ID: each.ID, Name: each.Name, Path: each.Path, Source: artifacts.SourceType(each.Source),
			SourceAgentID: text(each.SourceAgentID), Purpose: text(each.Purpose), ContentType: each.ContentType,
			SizeBytes: each.SizeBytes, Checksum: each.Checksum, CreatedAt: time.UnixMicro(each.CreatedAt),
			UpdatedAt: time.UnixMicro(each.UpdatedAt), LastAccessedAt: moment(each.LastAccessedAt),
			AccessCount: each.AccessCount, Tags: each.Tags, Metadata: each.Metadata, DeletedAt: moment(each.DeletedAt),
			SessionID: text(each.SessionID)}))
	}
	for _, each := range t.Requests {
		stored := &shuttle.HumanRequest{
			ID: each.ID, AgentID: each.AgentID, SessionID: each.SessionID, Question: each.Question, Context: each.Context,
			RequestType: each.RequestType, Priority: each.Priority, Timeout: time.Duration(each.TimeoutMs) * time.Millisecond,
			CreatedAt: time.UnixMicro(each.CreatedAt), ExpiresAt: time.UnixMicro(each.ExpiresAt), Status: each.Status,
			Response: each.Response, ResponseData: each.ResponseData, RespondedBy: each.RespondedBy}
		if each.RespondedAt != nil {
			at := time.UnixMicro(*each.RespondedAt)
			stored.RespondedAt = &at
		}
		describe(stored, each)
		require(storage.HumanRequestStore().Store(ctx, stored))
	}
	fillOldStores(ctx, storage, t)
	fillOthers(ctx, storage, t)
	if sd, ok := sessions.(agent.SoftDeleteStorage); ok {
		for _, each := range t.Sessions {
			if each.DeletedAt != nil {
				require(sd.SoftDeleteSession(ctx, each.ID))
			}
		}
	}
}

// readExecutions reads the executions of a tenant, for which the storage has no call, of either database.
func readExecutions(ctx context.Context, database *sql.DB, query string, t *tenant) {
	rows, err := database.QueryContext(ctx, query, t.Tenant)
	require(err)
	t.Executions = []execution{}
	for rows.Next() {
		var each execution
		var input, outcome *string
		require(rows.Scan(&each.SessionID, &each.ToolName, &input, &outcome, &each.Error, &each.ExecutionTimeMs,
			&each.Timestamp, &each.AdmissionDecision))
		if input != nil {
			require(json.Unmarshal([]byte(*input), &each.Input))
		}
		if outcome != nil {
			require(json.Unmarshal([]byte(*outcome), &each.Result))
		}
		t.Executions = append(t.Executions, each)
	}
	require(rows.Err())
}

const executions = "SELECT session_id, tool_name, input_json, result_json, error, execution_time_ms, %s, " +
	decision + " FROM tool_executions WHERE %s ORDER BY id"

// readBack replaces what a tenant was filled with by what the server returns.
func readBack(ctx context.Context, storage backend.StorageBackend, t *tenant) {
	sessions := storage.SessionStorage()
	for s := range t.Sessions {
		each := &t.Sessions[s]
		if each.DeletedAt != nil {
			continue
		}
		loaded, err := sessions.LoadSession(ctx, each.ID)
		require(err)
		each.Name, each.AgentID = optional(loaded.Name), optional(loaded.AgentID)
		each.ParentSessionID, each.Context = optional(loaded.ParentSessionID), loaded.Context
		each.CreatedAt, each.UpdatedAt = loaded.CreatedAt.UnixMicro(), loaded.UpdatedAt.UnixMicro()
		each.TotalCostUSD, each.TotalTokens = loaded.TotalCostUSD, loaded.TotalTokens
		each.Messages = loadMessages(ctx, sessions, each)
	}
	for at := range t.Snapshots {
		each := &t.Snapshots[at]
		found, err := sessions.LoadMemorySnapshots(ctx, each.SessionID, each.SnapshotType, 0)
		require(err)
		for _, one := range found {
			if one.Content == each.Content {
				each.TokenCount, each.CreatedAt = one.TokenCount, one.CreatedAt.UnixMicro()
			}
		}
	}
	for at := range t.Artifacts {
		each := &t.Artifacts[at]
		if each.DeletedAt != nil {
			continue
		}
		one, err := storage.ArtifactStore().Get(ctx, each.ID)
		require(err)
		each.Name, each.Path, each.Source = one.Name, one.Path, string(one.Source)
		each.SourceAgentID, each.Purpose = optional(one.SourceAgentID), optional(one.Purpose)
		each.ContentType, each.SizeBytes, each.Checksum = one.ContentType, one.SizeBytes, one.Checksum
		each.CreatedAt, each.UpdatedAt = one.CreatedAt.UnixMicro(), one.UpdatedAt.UnixMicro()
		each.LastAccessedAt, each.AccessCount = unix(one.LastAccessedAt), one.AccessCount
		each.Tags, each.Metadata, each.SessionID = one.Tags, one.Metadata, optional(one.SessionID)
	}
	for at := range t.Requests {
		each := &t.Requests[at]
		one, err := storage.HumanRequestStore().Get(ctx, each.ID)
		require(err)
		each.AgentID, each.SessionID = one.AgentID, one.SessionID
		each.RequestType, each.Priority = one.RequestType, one.Priority
		each.Question, each.Context, each.Status = one.Question, one.Context, one.Status
		each.Response, each.ResponseData, each.RespondedBy = one.Response, one.ResponseData, one.RespondedBy
		each.TimeoutMs, each.CreatedAt = one.Timeout.Milliseconds(), one.CreatedAt.UnixMicro()
		each.ExpiresAt, each.RespondedAt = one.ExpiresAt.UnixMicro(), unix(one.RespondedAt)
		readDescription(each, one)
	}
	readOldStores(ctx, storage, t)
}

func main() {
	source := flag.String("content", "", "the JSON file with the records")
	path := flag.String("sqlite", "", "the loom.db to make; LOOM_DATA_DIR is its folder")
	dsn := flag.String("postgres", "", "the connection string of an empty database")
	out := flag.String("out", "", "the JSON file for what is read back")
	flag.Parse()

	data, err := os.ReadFile(*source)
	require(err)
	var all content
	require(json.Unmarshal(data, &all))

	config := &loomv1.StorageConfig{Backend: loomv1.StorageBackendType_STORAGE_BACKEND_TYPE_SQLITE}
	if *dsn != "" {
		config.Backend = loomv1.StorageBackendType_STORAGE_BACKEND_TYPE_POSTGRES
		config.Postgres = &loomv1.PostgresStorageConfig{Dsn: *dsn}
	} else {
		config.Sqlite = &loomv1.SQLiteStorageConfig{Path: *path}
	}
	ctx := context.Background()
	storage, err := backend.NewStorageBackend(ctx, config, observability.NewNoOpTracer())
	require(err)
	require(storage.Migrate(ctx))
	driver, place := "sqlite3", *path
	query := fmt.Sprintf(executions, "timestamp * 1000000", "? IS NOT NULL")
	if *dsn != "" {
		driver, place = "pgx", *dsn
		query = fmt.Sprintf(executions, "(extract(epoch FROM timestamp) * 1000000)::bigint", "user_id = $1")
	}
	database, err := sql.Open(driver, place)
	require(err)
	for at := range all.Tenants {
		t := &all.Tenants[at]
		of := postgres.ContextWithUserID(ctx, t.Tenant)
		fill(of, storage, t)
		readBack(of, storage, t)
		readExecutions(of, database, query, t)
	}
	require(database.Close())
	require(storage.Close())
	written, err := json.MarshalIndent(all, "", " ")
	require(err)
	require(os.WriteFile(*out, append(written, '\n'), 0o644))
}

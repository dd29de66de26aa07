-- The audit events of MCP Security for Spring Boot on H2. Can be run again at any time.

create table if not exists mcp_audit_event (
	id uuid not null primary key,
	occurred_at timestamp with time zone not null,
	type varchar(512) not null,
	principal varchar(512),
	subject varchar(512),
	issuer varchar(512),
	client varchar(512),
	resource varchar(512),
	method varchar(512),
	target_kind varchar(512),
	target_name varchar(512),
	decision varchar(512),
	reason varchar(512),
	rule varchar(512),
	outcome varchar(512),
	http_status integer,
	duration_ms bigint,
	token_id varchar(512),
	session_id_hash varchar(512),
	request_id varchar(512),
	trace_id varchar(512),
	remote_address varchar(512),
	data json not null
);

create index if not exists mcp_audit_event_time on mcp_audit_event (occurred_at);

create index if not exists mcp_audit_event_principal on mcp_audit_event (principal, occurred_at);

create index if not exists mcp_audit_event_client on mcp_audit_event (client, occurred_at);

create index if not exists mcp_audit_event_target on mcp_audit_event (target_name, occurred_at);

create index if not exists mcp_audit_event_type on mcp_audit_event (type, occurred_at);

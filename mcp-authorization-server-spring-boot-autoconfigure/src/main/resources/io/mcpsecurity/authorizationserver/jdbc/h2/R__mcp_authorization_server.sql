-- The state of MCP Security's authorization server on H2. Can be run again at any time.

create table if not exists mcp_registered_client (
	id varchar(512) not null primary key,
	client_id varchar(512) not null unique,
	remove_at timestamp with time zone,
	data clob not null
);

create table if not exists mcp_authorization (
	id varchar(64) not null primary key,
	version integer not null,
	client_id varchar(512) not null,
	principal varchar(2000) not null,
	pending boolean not null,
	created_at timestamp with time zone not null,
	expires_at timestamp with time zone not null,
	state_hash varchar(64),
	code_hash varchar(64),
	access_token_hash varchar(64),
	refresh_token_hash varchar(64),
	data clob not null
);

create index if not exists mcp_authorization_client on mcp_authorization (client_id);

create index if not exists mcp_authorization_principal on mcp_authorization (principal, created_at);

create index if not exists mcp_authorization_expiry on mcp_authorization (expires_at);

create index if not exists mcp_authorization_state on mcp_authorization (state_hash);

create index if not exists mcp_authorization_code on mcp_authorization (code_hash);

create index if not exists mcp_authorization_access_token on mcp_authorization (access_token_hash);

create index if not exists mcp_authorization_refresh_token on mcp_authorization (refresh_token_hash);

create table if not exists mcp_signing_key (
	key_number integer not null primary key,
	data clob not null
);

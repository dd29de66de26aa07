create table application (id integer primary key);

// SQLite in a page: a table that can grow.
initSqlJs({ locateFile: (file) => `/npm/sql.js/dist/${file}` }).then((SQL) => {
  const db = new SQL.Database();
  // sql.js keeps a database's file outside of the linear memory; one of SQLite's own kind is inside.
  db.run("attach ':memory:' as here; create table here.words (id integer primary key, word text)");
  globalThis.insert = (count) => {
    db.run("begin");
    const insert = db.prepare("insert into words (word) values (?)");
    for (let i = 0; i < count; i++) insert.run([`word number ${i} of a long list`]);
    insert.free();
    db.run("commit");
    return db.exec("select count(*) from words")[0].values[0][0];
  };
  insert(1000);
  document.getElementById("out").textContent = "ready";
});

// SQLite in a page: a table that can grow, and a log of the blocks that the page itself asks the allocator for.
initSqlJs({ locateFile: (file) => `/npm/sql.js/dist/${file}` }).then((SQL) => {
  const db = new SQL.Database();
  db.run("create table words (id integer primary key, word text)");
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
